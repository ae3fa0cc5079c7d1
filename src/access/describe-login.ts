import type { JsonObject } from '../base/json.js';
import type { ServerSettings } from '../config/settings.js';

/** What `/health` tells a frontend of how its people log in (API-01); nothing while authentication is off. */
export function describeLogin({ auth }: Pick<ServerSettings, 'auth'>): JsonObject {
  const { enabled, jwksUrl, issuer, audience, clientId } = auth;
  if (!enabled) return {};
  if (jwksUrl === '') return { auth: { enabled, type: 'api_key' } };
  return { auth: { enabled, type: 'jwt', issuer, audience, ...(clientId === '' ? {} : { client_id: clientId }) } };
}
