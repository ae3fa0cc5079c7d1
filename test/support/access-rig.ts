/** A server that wants to know who calls, an identity provider, and callers of many kinds. */
import type { Test } from 'tap';
import { formatEventId } from '../../src/a2a/mcp/event-id.js';
import { type JsonObject, sha256Hex } from '../../src/base/json.js';
import { rpc, userMessage } from './a2a-client.js';
import { type Caller, callersOf } from './every-binding.js';
import { callsOf, connectClient, type MethodName } from './grpc-rig.js';
import { startIdentityProvider } from './identity-provider.js';
import { startTestHector } from './start-hector.js';

const KEY = 'hk_of_a_robot_that_nobody_else_has';
export const WEBHOOK = { url: 'http://127.0.0.1:9/hook' };
export const ASK = 'call request_approval {"action": "refund", "reason": "broken"}';

export type Who = 'ann' | 'bob' | 'annOfAcme' | 'operator' | 'operatorOfAcme' | 'staff' | 'robot';
export type Headers = Readonly<Record<string, string>>;

/** @param more of the configuration */
export async function startGuardedHector(t: Test, auth: JsonObject = {}, more: JsonObject = {}) {
  const provider = await startIdentityProvider(t);
  const hector = await startTestHector(t, {
    config: {
      ...more,
      llms: { default: { provider: 'offline' } },
      tools: { request_approval: { type: 'function', handler: 'request_approval' } },
      server: {
        grpc_port: 0,
        mcp: { enabled: true },
        // These callers are wrong on purpose, and all at one address.
        limits: { max_failed_logins: 0 },
        a2a: { legacy: true, push: { allow_private: ['127.0.0.1'] } },
        auth: {
          ...provider.config,
          refresh_cooldown: '100ms',
          client_id: 'studio-web',
          api_keys: [{ name: 'robot', hash: `sha256:${sha256Hex(KEY)}` }],
          ...auth,
        },
      },
      agents: {
        clerk: { document_stores: [], tools: ['request_approval'], extended_card: { description: 'More about it', subjects: ['ann'] } },
        inner: { visibility: 'internal', tools: [] },
        hidden: { visibility: 'private', tools: [] },
        staff: { allowed_roles: ['staff'], tools: [] },
        desk: { tools: [], sub_agents: ['staff'] },
        caller: { tools: [], agent_tools: ['staff'] },
      },
    },
  });
  const claims: Readonly<Record<Exclude<Who, 'robot'>, Record<string, unknown>>> = {
    ann: { sub: 'ann' },
    bob: { sub: 'bob' },
    annOfAcme: { sub: 'ann', tenant_id: 'acme' },
    operator: { sub: 'olga', role: ['operator'] },
    operatorOfAcme: { sub: 'otto', tenant_id: 'acme', role: 'admin' },
    staff: { sub: 'sam', role: 'staff' },
  };
  const known: Partial<Record<Who, Headers>> = { robot: { authorization: `Bearer ${KEY}` } };
  for (const [who, claim] of Object.entries(claims)) known[who as Who] = { authorization: `Bearer ${await provider.token(claim)}` };
  const headers = known as Record<Who, Headers>;
  const now = Math.floor(Date.now() / 1000);
  const wrong: Readonly<Record<string, Headers>> = {
    anonymous: {},
    'wrong token': { authorization: 'Bearer nonsense' },
    'another scheme': { authorization: 'Basic YW5uOnNlY3JldA==' },
    expired: { authorization: `Bearer ${await provider.token({}, { expiresAt: now - 3600 })}` },
    'wrong audience': { authorization: `Bearer ${await provider.token({ aud: 'another' })}` },
    // Z3: identity is nowhere but in the header that is for it.
    'a name in other headers': { 'x-subject': 'ann', 'x-user-id': 'ann', cookie: 'token=ann' },
  };
  const callers = callersOf(hector.url, callsOf(connectClient(t, hector.grpcPort as number)));
  return { hector, provider, headers, wrong, callers, ...createHttp(hector.url, headers) };
}

export type AccessRig = Awaited<ReturnType<typeof startGuardedHector>>;

function createHttp(url: string, headers: Readonly<Record<Who, Headers>>) {
  const http = async (
    method: string,
    path: string,
    { as = {}, body, onlyHead = false }: { as?: Headers; body?: unknown; onlyHead?: boolean } = {},
  ) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { 'a2a-version': '1.0', accept: 'application/json, text/event-stream', 'content-type': 'application/json', ...as },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const isStream = onlyHead && response.headers.get('content-type') === 'text/event-stream';
    const text = isStream ? 'a stream' : await response.text();
    if (isStream) await response.body?.cancel();
    // biome-ignore lint/suspicious/noExplicitAny: what came over the wire
    const json = (): any => JSON.parse(text);
    return { status: response.status, challenge: response.headers.get('www-authenticate'), text, json };
  };
  const ask = async (who: Headers, agent = 'clerk', text = ASK, extra: Record<string, unknown> = {}) => {
    const { body } = await rpc(
      `${url}/agents/${agent}`,
      'SendMessage',
      { message: userMessage(text, extra) },
      { 'a2a-version': '1.0', ...who },
    );
    if (body.result?.task === undefined) throw new Error(JSON.stringify(body));
    return body.result.task;
  };
  return {
    http,
    ask: (who: Who | Headers, ...rest: [agent?: string, text?: string, extra?: Record<string, unknown>]) =>
      ask(typeof who === 'string' ? headers[who] : who, ...rest),
  };
}

/** Every operation of A2A that names a task, with what it wants. */
export const OPERATIONS: Readonly<Partial<Record<MethodName, (id: string) => Record<string, unknown>>>> = {
  GetTask: (id) => ({ id }),
  CancelTask: (id) => ({ id }),
  SubscribeToTask: (id) => ({ id }),
  SendMessage: (taskId) => ({ message: userMessage('approve', { messageId: 'm-1', taskId }) }),
  SendStreamingMessage: (taskId) => ({ message: userMessage('approve', { messageId: 'm-2', taskId }) }),
  CreateTaskPushNotificationConfig: (taskId) => ({ taskId, id: 'hook', ...WEBHOOK }),
  GetTaskPushNotificationConfig: (taskId) => ({ taskId, id: 'hook' }),
  ListTaskPushNotificationConfigs: (taskId) => ({ taskId }),
  DeleteTaskPushNotificationConfig: (taskId) => ({ taskId, id: 'hook' }),
};
const STREAMS: ReadonlySet<string> = new Set(['SubscribeToTask', 'SendStreamingMessage']);

/** The answer as text; of a stream only that it opened. */
export async function outcomeOf(caller: Caller, operation: MethodName, params: Record<string, unknown>, headers: Headers): Promise<string> {
  const outcome = STREAMS.has(operation)
    ? await caller.open(operation, params, { agent: 'clerk', headers })
    : await caller.call(operation, params, { agent: 'clerk', headers });
  if ('stream' in outcome && outcome.stream !== undefined) {
    await (outcome.stream as { close(): Promise<void> }).close();
    return 'a stream';
  }
  const { refused, status, text = '' } = outcome;
  return JSON.stringify({ refused, status, text: refused === undefined ? text : '' });
}

/** What else takes the id of a task or of a session: A2A 0.3, MCP and the management API. */
export function furtherPaths(
  { http }: AccessRig,
  id: string,
  sessionId: string,
  as: Headers,
): Readonly<Record<string, () => Promise<{ status: number; text: string }>>> {
  const legacy = (method: string, params: unknown) => () =>
    http('POST', '/agents/clerk', { as: { ...as, 'a2a-version': '0.3' }, body: { jsonrpc: '2.0', id: 1, method, params } });
  const mcp = (path: string, args: Record<string, unknown>) => () =>
    http('POST', path, {
      as,
      body: { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'clerk', arguments: { request: 'approve', ...args } } },
    });
  const eventId = formatEventId({ agent: 'clerk', taskId: id, requestId: 1, progressToken: undefined, cursor: '1' });
  const message = { messageId: 'm-3', kind: 'message', role: 'user', parts: [{ kind: 'text', text: 'approve' }], taskId: id };
  const api = (method: string, path: string, body?: unknown) => () => http(method, path, { as, body });
  return {
    'tasks/get': legacy('tasks/get', { id }),
    'tasks/cancel': legacy('tasks/cancel', { id }),
    'tasks/resubscribe': legacy('tasks/resubscribe', { id }),
    'message/send': legacy('message/send', { message }),
    'message/stream': legacy('message/stream', { message: { ...message, messageId: 'm-4' } }),
    'pushNotificationConfig/set': legacy('tasks/pushNotificationConfig/set', { taskId: id, pushNotificationConfig: WEBHOOK }),
    'pushNotificationConfig/list': legacy('tasks/pushNotificationConfig/list', { id }),
    '0.3 GET': () => http('GET', `/agents/clerk/v1/tasks/${id}`, { as }),
    '0.3 cancel': () => http('POST', `/agents/clerk/v1/tasks/${id}:cancel`, { as, body: {} }),
    'mcp call': mcp('/mcp', { taskId: id }),
    "mcp call at the agent's own": mcp('/agents/clerk/mcp', { taskId: id }),
    'mcp resume': () => http('GET', '/mcp', { as: { ...as, 'last-event-id': eventId } }),
    checkpoint: api('GET', `/api/checkpoints/${id}`),
    resume: api('POST', `/api/checkpoints/${id}/resume`),
    discard: api('DELETE', `/api/checkpoints/${id}`),
    why: api('GET', `/api/tasks/${id}/why`),
    decision: api('POST', `/api/tasks/${id}/toolCalls/call_1/decision`, { decision: 'approve' }),
    session: api('GET', `/api/sessions/${sessionId}`),
    'session artifacts': api('GET', `/api/sessions/${sessionId}/artifacts`),
    'session artifact': api('GET', `/api/sessions/${sessionId}/artifacts/x`),
    'session deletion': api('DELETE', `/api/sessions/${sessionId}?force=true`),
  };
}
