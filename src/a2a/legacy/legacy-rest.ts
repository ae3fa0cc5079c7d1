/** HTTP+JSON of 0.3: its paths, relative to the URL of the agent or of the server, which then means the default agent. */
import { EXTENDED_CARD_HEADERS } from '../extended-card.js';
import type { RestDialect } from '../rest.js';
import type { RestRoute } from '../rest-routes.js';
import { createLegacyCalls } from './legacy-calls.js';
import { LEGACY_DIALECT } from './legacy-dialect.js';
import { legacyErrorBody } from './legacy-errors.js';
import { REST_FORM } from './rest-form.js';

/** The segment that all paths begin with: no tenant of 1.0's HTTP+JSON may be called so while 0.3 is spoken. */
export const LEGACY_WORD = 'v1';

export const LEGACY_REST: RestDialect = {
  ...LEGACY_DIALECT,
  contentType: 'application/json',
  toErrorBody: legacyErrorBody,
};

const calls = createLegacyCalls(REST_FORM);
const CONFIGS = '/pushNotificationConfigs';
const CONFIG = `${CONFIGS}/{pushNotificationConfigId}`;

// biome-ignore format: a table reads best as one
const ROUTES: readonly RestRoute[] = [
  { method: 'POST', path: '/message:send', operation: 'message/send', type: 'answer', run: calls.send },
  { method: 'POST', path: '/message:stream', operation: 'message/stream', type: 'stream', run: calls.stream, encode: calls.sentEvents },
  { method: 'POST', path: '/tasks/{id}:cancel', operation: 'tasks/cancel', type: 'answer', run: calls.cancel },
  { method: 'GET', path: '/tasks/{id}:subscribe', operation: 'tasks/resubscribe', type: 'stream', run: calls.resubscribe, encode: calls.subscribedEvents },
  { method: 'POST', path: '/tasks/{id}:subscribe', operation: 'tasks/resubscribe', type: 'stream', run: calls.resubscribe, encode: calls.subscribedEvents },
  { method: 'GET', path: '/tasks/{id}', operation: 'tasks/get', query: { historyLength: 'text' }, type: 'answer', run: calls.get },
  { method: 'POST', path: `/tasks/{id}${CONFIGS}`, operation: 'tasks/pushNotificationConfig/set', query: { configId: 'text' }, type: 'answer', run: calls.setPush },
  { method: 'GET', path: `/tasks/{id}${CONFIGS}`, operation: 'tasks/pushNotificationConfig/list', type: 'answer', run: calls.listPush },
  { method: 'GET', path: `/tasks/{id}${CONFIG}`, operation: 'tasks/pushNotificationConfig/get', type: 'answer', run: calls.getPush },
  { method: 'DELETE', path: `/tasks/{id}${CONFIG}`, operation: 'tasks/pushNotificationConfig/delete', type: 'answer', run: calls.deletePush },
  { method: 'GET', path: '/card', operation: 'agent/getAuthenticatedExtendedCard', headers: EXTENDED_CARD_HEADERS, type: 'answer', run: calls.card },
];

export const LEGACY_REST_ROUTES: readonly RestRoute[] = ROUTES.map((route) => ({
  ...route,
  path: `/${LEGACY_WORD}${route.path}`,
  wireVersion: '0.3',
}));
