/** Requests of the JSON-RPC binding, from well-formed to senseless, the same for the same seed. */

import type { Random } from './random.js';
import { encodeBody, FUZZ_TEXTS, type FuzzRequest, fuzzHeaders, mutate, sendRequest, strangeValue, visibleText } from './rest-requests.js';

const METHODS = [
  'SendMessage',
  'SendStreamingMessage',
  'GetTask',
  'ListTasks',
  'CancelTask',
  'SubscribeToTask',
  'CreateTaskPushNotificationConfig',
  'GetTaskPushNotificationConfig',
  'ListTaskPushNotificationConfigs',
  'DeleteTaskPushNotificationConfig',
  'GetExtendedAgentCard',
] as const;
const OTHER_METHODS = ['message/send', 'sendMessage', 'constructor', '__proto__', 'toString', '', 'rpc.discover'];
const RELIABLE = 'urn:hector:extension:reliable-stream:v1';

/** A call of one of the operations, with some of its parts changed: of its parameters, or of its envelope. */
export function mutatedCall(random: Random, taskIds: readonly string[]): FuzzRequest {
  const id = random.chance(0.7) && taskIds.length > 0 ? random.pick(taskIds) : random.pick(FUZZ_TEXTS);
  const method = random.pick(METHODS);
  const tenant = random.chance(0.1) ? { tenant: random.pick([...FUZZ_TEXTS, 'acme']) } : {};
  const given = { ...paramsOf(random, method, id), ...tenant };
  const params = random.chance(0.3) ? given : mutate(random, given, 0);
  const envelope = { jsonrpc: '2.0', id: random.below(1_000), method: random.chance(0.97) ? method : random.pick(OTHER_METHODS), params };
  const changed = random.chance(0.85) ? envelope : changeEnvelope(random, envelope);
  return callOf(
    random,
    random.chance(0.97) ? '/agents/helper' : `/agents/x${encodeURIComponent(visibleText(random, 20))}`,
    encodeBody(random, changed),
  );
}

/** Any bytes, any JSON. */
export function rawCall(random: Random): FuzzRequest {
  const bytes = () => Buffer.from(Array.from({ length: random.below(200) }, () => random.below(256)));
  const body = random.pick<() => Buffer>([
    bytes,
    () => Buffer.from(JSON.stringify(strangeValue(random)) ?? ''),
    () => Buffer.from(visibleText(random, 200)),
    () => Buffer.from(`{"jsonrpc":"2.0","id":1,"method":"GetTask","params":${visibleText(random, 40)}}`),
    () => Buffer.from(`${'['.repeat(random.below(5_000))}`),
    () =>
      Buffer.from(
        `{"jsonrpc":"2.0","id":${random.pick(['1e999', '-0', '01', 'NaN', `"${'9'.repeat(400)}"`, '1'.repeat(400)])},"method":"GetTask"}`,
      ),
    () => Buffer.concat([Buffer.from('\ufeff{"jsonrpc":"2.0","id":1,"method":"ListTasks","params":{}}'), bytes()]),
  ])();
  return callOf(random, '/agents/helper', body);
}

function paramsOf(random: Random, method: (typeof METHODS)[number], id: string): object {
  switch (method) {
    case 'SendMessage':
    case 'SendStreamingMessage':
      return sendRequest(random, id) as object;
    case 'GetTask':
      return { id, historyLength: random.pick([0, 1, 100]) };
    case 'ListTasks':
      return {
        ...{ contextId: random.pick(['', 'shared']), status: random.pick([undefined, 'TASK_STATE_WORKING', 3]) },
        ...{ pageSize: random.pick([1, 50, 100]), pageToken: random.chance(0.9) ? '' : visibleText(random, 60), includeArtifacts: true },
        ...{ statusTimestampAfter: random.pick([undefined, '2026-01-01T00:00:00Z', '2026-13-45T99:00:00Z', '+275761-01-01T00:00:00Z']) },
      };
    case 'CancelTask':
      return { id, metadata: { reason: 'test' } };
    case 'SubscribeToTask':
      return random.chance(0.5) ? { id } : { id, metadata: { [RELIABLE]: { cursor: random.pick(['1', '2.1', '-1', '9'.repeat(40), 7]) } } };
    case 'CreateTaskPushNotificationConfig':
      return { taskId: id, id: 'a', url: 'https://example.com', token: 'x', authentication: { scheme: 'Bearer', credentials: 'x' } };
    case 'ListTaskPushNotificationConfigs':
      return { taskId: id, pageSize: 10, pageToken: '' };
    case 'GetTaskPushNotificationConfig':
    case 'DeleteTaskPushNotificationConfig':
      return { taskId: id, id: 'a' };
    case 'GetExtendedAgentCard':
      return {};
  }
}

/** What JSON-RPC itself forbids or leaves open: versions, ids, missing members, batches. */
function changeEnvelope(random: Random, envelope: Record<string, unknown>): unknown {
  return random.pick<() => unknown>([
    () => ({ ...envelope, jsonrpc: random.pick(['1.0', '', 2, null]) }),
    () => ({ ...envelope, id: strangeValue(random) }),
    () => Object.fromEntries(Object.entries(envelope).filter(([name]) => name !== random.pick(['jsonrpc', 'id', 'method', 'params']))),
    () => ({ ...envelope, method: strangeValue(random) }),
    () => ({ ...envelope, params: random.pick([null, [], [envelope['params']], 'x', 7, true]) }),
    () => Array.from({ length: random.below(4) }, () => envelope),
    () => mutate(random, envelope, 0),
  ])();
}

function callOf(random: Random, path: string, body: Buffer): FuzzRequest {
  const target = path + (random.chance(0.95) ? '' : `?A2A-Version=${encodeURIComponent(random.pick(['1.0', '0.3', 'x', '']))}`);
  const headers = fuzzHeaders(random);
  if (headers['content-type'] === 'application/a2a+json') headers['content-type'] = 'application/json';
  return { method: 'POST', target, headers, body };
}
