import type { Clock } from '../base/clock.js';
import type { Finding } from '../base/finding.js';
import type { Settings } from '../config/settings.js';
import { inspectRedis } from './redis/inspect-redis.js';
import { inspectDatabases } from './sql/inspect-databases.js';

/** Redis and databases, for `hector doctor`. Never rejects because of them. */
export async function inspectStores(settings: Settings, clock: Clock): Promise<readonly Finding[]> {
  return (await Promise.all([inspectRedis(settings, clock), inspectDatabases(settings, clock)])).flat();
}
