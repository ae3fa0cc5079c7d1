/**
 * `/api/config` and `/api/schema` (API-04 to API-08, CFG-98): the text of the configuration, read, checked and replaced.
 *
 * Whoever may change it may have this machine start programs (W-55b). So it is off until `server.studio.enabled`, for operators alone, and
 * without authentication for connections from this machine alone.
 */
import { isLoopback } from '../access/is-loopback.js';
import { isoTime } from '../base/clock.js';
import { AppError, hasCode, toAppError } from '../base/errors.js';
import { isJsonObject, type JsonObject } from '../base/json.js';
import { buildJsonSchema } from '../config/json-schema.js';
import type { ConfigPort } from './config-port.js';
import { QueryReader } from './query-reader.js';
import type { StudioPorts } from './studio-ports.js';
import type { StudioRequest, StudioResponse, StudioRoute } from './studio-route.js';

export function createConfigRoutes(ports: StudioPorts): readonly StudioRoute[] {
  const route = { pattern: '/api/config', isForOperators: true } as const;
  const save = (request: StudioRequest) => saveConfig(ports, request);
  return [
    { ...route, method: 'GET', handle: (request) => showConfig(ports, request) },
    { ...route, method: 'PUT', takes: CONFIG_TYPES, handle: save },
    { ...route, method: 'POST', takes: CONFIG_TYPES, handle: save },
    {
      ...route,
      method: 'POST',
      pattern: '/api/config/validate',
      takes: CONFIG_TYPES,
      handle: (request) => validateConfig(ports, request),
    },
    {
      method: 'GET',
      pattern: '/api/schema',
      handle: async () => ({ status: 200, body: buildJsonSchema() as JsonObject, headers: NEVER_CACHED }),
    },
  ];
}

async function showConfig(ports: StudioPorts, request: StudioRequest): Promise<StudioResponse> {
  const config = openConfig(ports, request);
  const query = new QueryReader(request.query, ['format']);
  const format = query.text('format');
  if (format !== undefined && format !== 'json' && format !== 'yaml')
    query.problems.add('format', `must be yaml or json, not '${format.slice(0, 40)}'`);
  query.problems.throwIfAny();
  const { text, revision } = await config.show();
  const etag = `"${revision}"`;
  if (format !== 'json') return { status: 200, body: {}, text, headers: { 'content-type': 'application/yaml', etag } };
  const { place, version, isWatched, loadedAt, failure, restartKeys } = config.status();
  const error = failure === undefined ? null : { ...failure, at: isoTime(failure.at) };
  return {
    status: 200,
    body: {
      text,
      etag,
      source: place,
      version,
      watched: isWatched,
      loaded_at: isoTime(loadedAt),
      error,
      restart_needed: restartKeys,
    } as JsonObject,
    headers: { etag },
  };
}

async function saveConfig(ports: StudioPorts, request: StudioRequest): Promise<StudioResponse> {
  const config = openConfig(ports, request);
  new QueryReader(request.query, []).problems.throwIfAny();
  try {
    const saved = await config.save(textOf(request), { expected: readIfMatch(request), by: request.caller });
    const etag = `"${saved.revision}"`;
    return {
      status: 200,
      body: {
        status: 'saved',
        message: 'Configuration saved. Reloading...',
        version: saved.version,
        etag,
        restart_needed: [...saved.restartKeys],
      },
      headers: { etag },
    };
  } catch (error) {
    // API-06
    if (!hasCode(error, 'CONFIG_SERVER_LOCKED')) throw error;
    const { code, message, httpStatus } = toAppError(error);
    return {
      status: httpStatus,
      body: { error: { code, message }, details: "remove 'server' from the text; it is kept as it is in the file" },
    };
  }
}

async function validateConfig(ports: StudioPorts, request: StudioRequest): Promise<StudioResponse> {
  const config = openConfig(ports, request);
  try {
    const { settings, restartKeys } = await config.check(textOf(request));
    return { status: 200, body: { valid: true, version: settings.version, restart_needed: [...restartKeys], errors: [] } };
  } catch (error) {
    const { code, message, problems } = toAppError(error);
    if (!code.startsWith('CONFIG_')) throw error;
    const errors = problems.length === 0 ? [{ type: code, message }] : problems.map((problem) => ({ type: code, ...problem }));
    return { status: 200, body: { valid: false, errors } as JsonObject };
  }
}

/** @throws AppError `ACCESS_FORBIDDEN` while it is off, or for who may not; `CONFIG_NOT_FOUND` without a place to read it from */
function openConfig({ config, currentSettings }: StudioPorts, { headers = {}, remoteAddress = '' }: StudioRequest): ConfigPort {
  const { auth, studio } = currentSettings().server;
  if (!studio.enabled)
    throw new AppError('ACCESS_FORBIDDEN', {
      message: 'The configuration is not shown or changed here: start with --studio, or set server.studio.enabled: true',
    });
  const isFromHere = isLoopback(remoteAddress) && headers['x-forwarded-for'] === undefined && headers.forwarded === undefined;
  if (!auth.enabled && !isFromHere)
    throw new AppError('ACCESS_FORBIDDEN', {
      message: 'Without server.auth, the configuration is shown and changed from this machine alone',
    });
  if (config === undefined)
    throw new AppError('CONFIG_NOT_FOUND', {
      message: 'This process was started without a configuration file that could be shown or changed',
    });
  return config;
}

/** `undefined`: whatever there is. */
function readIfMatch({ headers = {} }: StudioRequest): string | undefined {
  const value = headers['if-match']?.trim() ?? '*';
  if (value === '*') return undefined;
  const tag = /^"([^"]*)"$/.exec(value)?.[1];
  // A weak tag, or several, match no text of ours (RFC 9110 §13.1.1).
  return tag ?? '';
}

/** A client of ours in the same process may hand over what it has parsed. */
function textOf({ body }: StudioRequest): string {
  return isJsonObject(body) ? JSON.stringify(body) : String(body ?? '');
}

const CONFIG_TYPES = ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml', 'application/json'];
const NEVER_CACHED = { 'cache-control': 'no-cache, no-store, must-revalidate' };
