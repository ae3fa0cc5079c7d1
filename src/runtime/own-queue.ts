import type { Clock } from '../base/clock.js';
import { newId } from '../base/ids.js';
import type { Settings } from '../config/settings.js';

/** Jobs for tasks that only this process knows are of no use to another one on the same Redis. */
export function withOwnQueue(settings: Settings, clock: Clock): Settings {
  if (settings.storage.tasks.backend === 'sql') return settings;
  return { ...settings, redis: { ...settings.redis, keyPrefix: `${settings.redis.keyPrefix}.${newId(clock.now())}` } };
}
