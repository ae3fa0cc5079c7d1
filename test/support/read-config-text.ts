import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { JsonObject } from '../../src/base/json.js';

/** A shipped configuration as it stands, its variables unread; without its `server`, which a rig chooses. */
export function readConfigText(file: string): JsonObject {
  const { server: _server, ...rest } = parse(readFileSync(file, 'utf8')) as JsonObject;
  return rest;
}
