import type { JsonObject } from '../../../src/base/json.js';
import type { DatabaseSettings } from '../../../src/config/settings.js';

/** The database as a configuration file would say it. */
export function databaseConfig({ driver, host, port, database, username, password }: DatabaseSettings): JsonObject {
  return driver === 'sqlite' ? { driver, database } : { driver, host, port, database, username, password };
}
