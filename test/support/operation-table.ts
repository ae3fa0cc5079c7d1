/**
 * Every operation of the server, and who may do it. `test/gates/operations.test.ts` compares it with what is served, so that nothing is
 * served that is not in it; `test/flow/operations-and-callers.test.ts` sends each row as each caller.
 */
import { formatEventId } from '../../src/a2a/mcp/event-id.js';
import { userMessage } from './a2a-client.js';
import { WEBHOOK } from './access-rig.js';

/** What rows name. Made-up ones have the same form. */
export interface Named {
  readonly task: string;
  readonly session: string;
  readonly trace: string;
  readonly call: string;
}

/**
 * `open`: everybody, whatever they send. `look`: everybody without credentials or with good ones. `call`: whoever is authenticated. `manage`: the
 * same, and operators see what is others'. `operators`: operators of the whole server.
 */
export type OperationDoor = 'open' | 'look' | 'call' | 'manage' | 'operators';

export interface OperationRow {
  /** `GET /path`, or `grpc Method`, `json-rpc Method`, `json-rpc-0.3 method`. */
  readonly name: string;
  readonly door: OperationDoor;
  /** It names something of one owner, which is like something that never was for others. */
  readonly isOwned: boolean;
  /** It answers with events. */
  readonly isStream: boolean;
  /** Below `http`. */
  readonly path?: string;
  readonly headers?: (named: Named) => Readonly<Record<string, string>>;
  /** The body, or the parameters. */
  readonly body?: (named: Named) => Readonly<Record<string, unknown>>;
}

const approve = ({ task }: Named, messageId: string) => ({ message: userMessage('approve', { messageId, taskId: task }) });
const legacyMessage = ({ task }: Named, messageId: string) => ({
  message: { messageId, kind: 'message', role: 'user', parts: [{ kind: 'text', text: 'approve' }], taskId: task },
});
const legacyRestMessage = ({ task }: Named, messageId: string) => ({
  message: { messageId, role: 'ROLE_USER', content: [{ text: 'approve' }], taskId: task },
});
const hook = ({ task: taskId }: Named) => ({ taskId, id: 'hook', ...WEBHOOK });
const ask = (method: string, params: (named: Named) => unknown) => (named: Named) => ({
  jsonrpc: '2.0',
  id: 1,
  method,
  params: params(named),
});
const mcpCall = ask('tools/call', ({ task }) => ({ name: 'clerk', arguments: { request: 'approve', taskId: task } }));
const resume = ({ task: taskId }: Named) => ({
  'last-event-id': formatEventId({ agent: 'clerk', taskId, requestId: 1, progressToken: undefined, cursor: '1' }),
});
const nothing = () => ({});

type Extra = Partial<Pick<OperationRow, 'isStream' | 'headers' | 'body'>>;
const row =
  (door: OperationDoor, isOwned: boolean) =>
  (name: string, extra: Extra = {}): OperationRow => ({
    name,
    door,
    isOwned,
    isStream: false,
    ...(name.includes(' /') ? { path: fill(name.split(' ')[1] as string) } : {}),
    ...extra,
  });
const open = row('open', false);
const look = row('look', false);
const call = row('call', false);
const owned = row('call', true);
const manage = row('manage', false);
const managed = row('manage', true);
const operators = row('operators', false);

/** HTTP+JSON of 1.0, below the agent and below a tenant of it. */
const rest = (prefix: string): OperationRow[] => [
  owned(`POST ${prefix}/message:send`, { body: (named) => approve(named, 'rest-1') }),
  owned(`POST ${prefix}/message:stream`, { isStream: true, body: (named) => approve(named, 'rest-2') }),
  call(`GET ${prefix}/tasks`),
  owned(`GET ${prefix}/tasks/{id}`),
  owned(`GET ${prefix}/tasks/{id}:subscribe`, { isStream: true }),
  owned(`POST ${prefix}/tasks/{id}:subscribe`, { isStream: true, body: nothing }),
  owned(`POST ${prefix}/tasks/{taskId}/pushNotificationConfigs`, { body: hook }),
  owned(`GET ${prefix}/tasks/{taskId}/pushNotificationConfigs`),
  owned(`GET ${prefix}/tasks/{taskId}/pushNotificationConfigs/{id}`),
  owned(`DELETE ${prefix}/tasks/{taskId}/pushNotificationConfigs/{id}`),
  owned(`POST ${prefix}/tasks/{id}:cancel`, { body: nothing }),
  call(`GET ${prefix}/extendedAgentCard`),
];

const legacyRest = (prefix: string): OperationRow[] => [
  owned(`POST ${prefix}/v1/message:send`, { body: (named) => legacyRestMessage(named, 'rest-3') }),
  owned(`POST ${prefix}/v1/message:stream`, { isStream: true, body: (named) => legacyRestMessage(named, 'rest-4') }),
  owned(`GET ${prefix}/v1/tasks/{id}`),
  owned(`GET ${prefix}/v1/tasks/{id}:subscribe`, { isStream: true }),
  owned(`POST ${prefix}/v1/tasks/{id}:subscribe`, { isStream: true, body: nothing }),
  owned(`POST ${prefix}/v1/tasks/{id}/pushNotificationConfigs`, {
    body: ({ task }) => ({
      config: { name: `tasks/${task}/pushNotificationConfigs/hook`, pushNotificationConfig: { id: 'hook', ...WEBHOOK } },
    }),
  }),
  owned(`GET ${prefix}/v1/tasks/{id}/pushNotificationConfigs`),
  owned(`GET ${prefix}/v1/tasks/{id}/pushNotificationConfigs/{pushNotificationConfigId}`),
  owned(`DELETE ${prefix}/v1/tasks/{id}/pushNotificationConfigs/{pushNotificationConfigId}`),
  owned(`POST ${prefix}/v1/tasks/{id}:cancel`, { body: nothing }),
  call(`GET ${prefix}/v1/card`),
];

const METHODS = (kind: string): OperationRow[] => [
  owned(`${kind} SendMessage`, { body: (named) => approve(named, `${kind}-1`) }),
  owned(`${kind} SendStreamingMessage`, { isStream: true, body: (named) => approve(named, `${kind}-2`) }),
  owned(`${kind} GetTask`, { body: ({ task: id }) => ({ id }) }),
  call(`${kind} ListTasks`, { body: nothing }),
  owned(`${kind} SubscribeToTask`, { isStream: true, body: ({ task: id }) => ({ id }) }),
  owned(`${kind} CreateTaskPushNotificationConfig`, { body: hook }),
  owned(`${kind} GetTaskPushNotificationConfig`, { body: ({ task: taskId }) => ({ taskId, id: 'hook' }) }),
  owned(`${kind} ListTaskPushNotificationConfigs`, { body: ({ task: taskId }) => ({ taskId }) }),
  owned(`${kind} DeleteTaskPushNotificationConfig`, { body: ({ task: taskId }) => ({ taskId, id: 'hook' }) }),
  owned(`${kind} CancelTask`, { body: ({ task: id }) => ({ id }) }),
  call(`${kind} GetExtendedAgentCard`, { body: nothing }),
];

const LEGACY_METHODS: readonly OperationRow[] = [
  owned('json-rpc-0.3 message/send', { body: (named) => legacyMessage(named, 'legacy-1') }),
  owned('json-rpc-0.3 message/stream', { isStream: true, body: (named) => legacyMessage(named, 'legacy-2') }),
  owned('json-rpc-0.3 message:send', { body: (named) => legacyMessage(named, 'legacy-3') }),
  owned('json-rpc-0.3 message:stream', { isStream: true, body: (named) => legacyMessage(named, 'legacy-4') }),
  owned('json-rpc-0.3 tasks/subscribe', { isStream: true, body: ({ task: id }) => ({ id }) }),
  owned('json-rpc-0.3 tasks/get', { body: ({ task: id }) => ({ id }) }),
  owned('json-rpc-0.3 tasks/resubscribe', { isStream: true, body: ({ task: id }) => ({ id }) }),
  owned('json-rpc-0.3 tasks/pushNotificationConfig/set', { body: ({ task: taskId }) => ({ taskId, pushNotificationConfig: WEBHOOK }) }),
  owned('json-rpc-0.3 tasks/pushNotificationConfig/get', { body: ({ task: id }) => ({ id }) }),
  owned('json-rpc-0.3 tasks/pushNotificationConfig/list', { body: ({ task: id }) => ({ id }) }),
  owned('json-rpc-0.3 tasks/pushNotificationConfig/delete', { body: ({ task: id }) => ({ id, pushNotificationConfigId: 'hook' }) }),
  owned('json-rpc-0.3 tasks/cancel', { body: ({ task: id }) => ({ id }) }),
  call('json-rpc-0.3 agent/getAuthenticatedExtendedCard', { body: nothing }),
  call('json-rpc-0.3 agent/authenticatedExtendedCard', { body: nothing }),
];

const STORE = '/api/document_stores/{store}';

export const OPERATION_TABLE: readonly OperationRow[] = [
  ...['/', '/health', '/health/live', '/health/ready', '/.well-known/agent-card.json', '/.well-known/agent.json', '/metrics'].map((path) =>
    open(`GET ${path}`),
  ),
  ...['/agents', '/agents/{name}', '/agents/{name}/.well-known/agent-card.json', '/agents/{name}/.well-known/agent.json'].map((path) =>
    look(`GET ${path}`),
  ),
  ...rest('/agents/{name}'),
  ...rest('/agents/{name}/{tenant}'),
  ...legacyRest('/agents/{name}'),
  ...legacyRest(''),
  ...METHODS('json-rpc'),
  ...METHODS('grpc'),
  ...LEGACY_METHODS,
  owned('POST /agents/{name}', { headers: () => ({ 'a2a-version': '1.0' }), body: ask('GetTask', ({ task: id }) => ({ id })) }),
  owned('POST /mcp', { body: mcpCall }),
  owned('GET /mcp', { headers: resume, isStream: true }),
  owned('POST /agents/{name}/mcp', { body: mcpCall }),
  owned('GET /agents/{name}/mcp', { headers: resume, isStream: true }),
  manage('GET /api/checkpoints'),
  manage('GET /api/checkpoints/stats'),
  managed('GET /api/checkpoints/{taskId}'),
  managed('POST /api/checkpoints/{taskId}/resume'),
  managed('GET /api/tasks/{taskId}/why'),
  managed('POST /api/tasks/{taskId}/toolCalls/{callId}/decision', { body: () => ({ decision: 'approve' }) }),
  managed('POST /api/tasks/{taskId}/toolCalls/{callId}/cancel'),
  managed('DELETE /api/checkpoints/{taskId}'),
  manage('GET /api/sessions'),
  managed('GET /api/sessions/{id}'),
  managed('GET /api/sessions/{id}/artifacts'),
  managed('GET /api/sessions/{id}/artifacts/{name}'),
  managed('DELETE /api/sessions/{id}'),
  manage('GET /api/traces'),
  managed('GET /api/traces/{traceId}'),
  manage('GET /api/schema'),
  operators('GET /api/queues'),
  operators('GET /api/config'),
  operators('PUT /api/config', { body: nothing }),
  operators('POST /api/config', { body: nothing }),
  operators('POST /api/config/validate', { body: nothing }),
  operators('GET /api/toolsets'),
  operators('GET /api/document_stores'),
  operators(`GET ${STORE}`),
  operators(`DELETE ${STORE}`),
  operators(`POST ${STORE}/ingest`, { body: nothing }),
  operators(`POST ${STORE}/retry`),
  operators(`POST ${STORE}/search`, { body: () => ({ query: 'ferry' }) }),
  operators(`GET ${STORE}/documents`),
  operators(`GET ${STORE}/documents/{id}`),
  operators(`POST ${STORE}/documents/{id}/reingest`),
  operators(`DELETE ${STORE}/documents/{id}`),
  operators('GET /api/ingest_runs'),
  operators('GET /api/ingest_runs/{id}'),
  operators('POST /api/ingest_runs/{id}/cancel'),
];

/** A pattern with `<task>` and the like for what it names. */
function fill(pattern: string): string {
  return pattern
    .replace('/agents/{name}', '/agents/clerk')
    .replace('{tenant}', 'acme')
    .replace(/pushNotificationConfigs\/\{\w+\}/, 'pushNotificationConfigs/hook')
    .replace(/(\/tasks|\/checkpoints)\/\{\w+\}/, '$1/<task>')
    .replace(/\/sessions\/\{id\}/, '/sessions/<session>')
    .replace('{callId}', '<call>')
    .replace('{traceId}', '<trace>')
    .replace('{store}', 'handbook')
    .replace(/\/documents\/\{id\}/, '/documents/a.md')
    .replace(/\/ingest_runs\/\{id\}/, '/ingest_runs/none')
    .replace('/artifacts/{name}', '/artifacts/x');
}
