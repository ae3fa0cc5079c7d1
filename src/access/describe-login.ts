import type { JsonObject } from '../base/json.js';
import type { ServerSettings } from '../config/settings.js';

/** What `/health` tells a frontend of how its people log in, and whether they may change the configuration (API-01). */
export function describeLogin({ auth, studio }: Pick<ServerSettings, 'auth' | 'studio'>): JsonObject {
  const { enabled, allowedRoles } = studio;
  return { ...describeAuth(auth), studio_mode: enabled, ...(enabled ? { studio: { enabled, allowed_roles: allowedRoles } } : {}) };
}

function describeAuth({ enabled, jwksUrl, issuer, audience, clientId }: ServerSettings['auth']): JsonObject {
  if (!enabled) return {};
  if (jwksUrl === '') return { auth: { enabled, type: 'api_key' } };
  return { auth: { enabled, type: 'jwt', issuer, audience, ...(clientId === '' ? {} : { client_id: clientId }) } };
}
