/** JSON-RPC of 0.3: its methods, on the endpoint of 1.0. */
import type { JsonRpcDialect, JsonRpcMethod } from '../json-rpc-methods.js';
import { JSON_RPC_FORM } from './json-rpc-form.js';
import { createLegacyCalls } from './legacy-calls.js';
import { LEGACY_DIALECT } from './legacy-dialect.js';
import { toLegacyError } from './legacy-errors.js';

const calls = createLegacyCalls(JSON_RPC_FORM);

export const LEGACY_JSON_RPC: JsonRpcDialect = {
  ...LEGACY_DIALECT,
  toError: toLegacyError,
  methods: new Map<string, JsonRpcMethod>([
    ['message/send', { type: 'answer', run: calls.send }],
    ['message/stream', { type: 'stream', run: calls.stream, encode: calls.sentEvents }],
    // So documents that are about write them, and clients call them (API-30, API-31).
    ['message:send', { type: 'answer', run: calls.send }],
    ['message:stream', { type: 'stream', run: calls.stream, encode: calls.sentEvents }],
    ['tasks/subscribe', { type: 'stream', run: calls.resubscribe, encode: calls.subscribedEvents }],
    ['tasks/get', { type: 'answer', run: calls.get }],
    ['tasks/cancel', { type: 'answer', run: calls.cancel }],
    ['tasks/resubscribe', { type: 'stream', run: calls.resubscribe, encode: calls.subscribedEvents }],
    ['tasks/pushNotificationConfig/set', { type: 'answer', run: calls.setPush }],
    ['tasks/pushNotificationConfig/get', { type: 'answer', run: calls.getPush }],
    ['tasks/pushNotificationConfig/list', { type: 'answer', run: calls.listPush }],
    ['tasks/pushNotificationConfig/delete', { type: 'answer', run: calls.deletePush }],
    ['agent/getAuthenticatedExtendedCard', { type: 'answer', run: calls.card }],
    // So the Python SDK's 0.3 transport calls it.
    ['agent/authenticatedExtendedCard', { type: 'answer', run: calls.card }],
  ]),
};
