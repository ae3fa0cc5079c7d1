/** Requests of 0.3 with anything in them, over both bindings: each is answered, none with a fault of ours, every error has its shape. */
import t, { type Test } from 'tap';
import type { BindingReply } from '../../src/a2a/binding-reply.js';
import { LEGACY_REST_ROUTES } from '../../src/a2a/legacy/legacy-rest.js';
import { type ProtocolServer, startProtocolServer } from '../support/protocol-server.js';
import { createRandom, type Random } from '../support/random.js';
import { agentSettings } from '../support/test-settings.js';

const SEED = 20_261_122;
const COUNT = 4_000;
const PRINCIPAL = { subject: 'local', authenticated: true };

let messages = 0;

function messageId(): string {
  messages += 1;
  return `fuzz-${messages}`;
}

const PUSH = { id: 'p', url: 'https://x.example/', token: 't', authentication: { schemes: ['Bearer'], credentials: 'c' } };

function sendParams(taskId: string) {
  return {
    message: {
      ...{ kind: 'message', messageId: messageId(), role: 'user', metadata: { m: 1 }, extensions: ['urn:x'], referenceTaskIds: [taskId] },
      parts: [
        { kind: 'text', text: 'x', metadata: { data_part_compat: true } },
        { kind: 'file', file: { bytes: 'AAEC', name: 'n', mimeType: 'a/b' } },
        { kind: 'file', file: { uri: 'https://x.example/' } },
        { kind: 'data', data: { value: 1 }, metadata: { data_part_compat: true } },
      ],
    },
    configuration: { blocking: false, historyLength: 1, acceptedOutputModes: ['text/plain'] },
    metadata: { a: 1 },
  };
}

const PARAMS: Readonly<Record<string, (taskId: string) => unknown>> = {
  'message/send': sendParams,
  'message/stream': sendParams,
  'tasks/get': (id) => ({ id, historyLength: 1, metadata: {} }),
  'tasks/cancel': (id) => ({ id, metadata: {} }),
  'tasks/resubscribe': (id) => ({ id }),
  'tasks/pushNotificationConfig/set': (taskId) => ({ taskId, pushNotificationConfig: PUSH }),
  'tasks/pushNotificationConfig/get': (id) => ({ id, pushNotificationConfigId: 'p' }),
  'tasks/pushNotificationConfig/list': (id) => ({ id }),
  'tasks/pushNotificationConfig/delete': (id) => ({ id, pushNotificationConfigId: 'p' }),
  'agent/getAuthenticatedExtendedCard': () => ({}),
};

const BODIES: readonly ((taskId: string) => unknown)[] = [
  () => ({
    message: {
      ...{ messageId: messageId(), role: 'ROLE_USER' },
      content: [
        { text: 'x' },
        { file: { fileWithBytes: 'AAEC', mimeType: 'a/b', name: 'n' } },
        { file: { fileWithUri: 'https://x.example/' } },
        { data: { data: { value: [1] } }, metadata: { data_part_compat: true } },
      ],
    },
    configuration: { blocking: false, historyLength: 0, acceptedOutputModes: ['text/plain'] },
  }),
  (id) => ({ name: `tasks/${id}/pushNotificationConfigs/p`, pushNotificationConfig: PUSH }),
  (id) => ({ parent: `tasks/${id}`, configId: 'p', config: { name: 'n', pushNotificationConfig: PUSH } }),
  () => null,
];

const VALUES: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1.5, 1e300, '', 'x', '\0', '\ud800', 'x'.repeat(600), [], {}, [[]], [null], [{}]],
  ...[{ kind: 'text' }, { kind: 'file', file: null }, { kind: 'data', data: [] }, { file: { fileWithBytes: 'A', fileWithUri: 'x' } }],
  JSON.parse('{"__proto__": {"polluted": 1}}'),
];

t.test('4,000 mutated requests over JSON-RPC of 0.3 (V5, E6, Z4)', { timeout: 60_000 }, async (t) => {
  const { server, random } = start(t, SEED);
  const codes = new Map<number, number>();
  const taskIds: string[] = [];
  for (let index = 0; index < COUNT; index += 1) {
    const method = random.pick(Object.keys(PARAMS));
    const params = mutate(random, PARAMS[method]?.(random.chance(0.5) ? random.pick([...taskIds, 'none']) : 'none'));
    const body = JSON.stringify({ jsonrpc: '2.0', id: index, method, params });
    const reply = await server.binding.handleJsonRpc(request(server, body), PRINCIPAL);
    const text = await firstText(reply);
    const { id, result, error } = JSON.parse(text);
    if (id !== index || (result === undefined && !isError(error))) t.fail(`${body}: ${text}`);
    if (error?.code === -32603) t.fail(`${body}: ${text}`);
    if (result?.kind === 'task') taskIds[index % 100] = result.id;
    codes.set(error?.code ?? 0, (codes.get(error?.code ?? 0) ?? 0) + 1);
  }
  // Else the requests are so strange that nothing is reached.
  for (const code of [0, -32001, -32602]) t.ok((codes.get(code) ?? 0) > COUNT / 50, `${code}: ${codes.get(code)}`);
  t.equal(({} as Record<string, unknown>)['polluted'], undefined);
});

t.test('4,000 mutated requests over HTTP+JSON of 0.3 (V5, E6, Z4)', { timeout: 60_000 }, async (t) => {
  const { server, random } = start(t, SEED + 1);
  const statuses = new Map<number, number>();
  const taskIds: string[] = [];
  for (let index = 0; index < COUNT; index += 1) {
    const route = random.pick(LEGACY_REST_ROUTES);
    const id = random.chance(0.5) ? random.pick([...taskIds, 'none']) : 'none';
    const body = route.method !== 'POST' ? '' : JSON.stringify(mutate(random, BODIES[random.below(BODIES.length)]?.(id)) ?? null);
    const parameters = { name: 'helper', id, pushNotificationConfigId: random.pick(['x', '', '\0']) };
    const reply = await server.binding.handleRest({ route, parameters, request: request(server, body) }, PRINCIPAL);
    const text = await firstText(reply);
    const status = reply.type === 'json' ? reply.status : 200;
    const answer = JSON.parse(text);
    if (status >= 500 || (status >= 400 && !(isError(answer) && typeof answer.type === 'string')))
      t.fail(`${route.operation} ${body}: ${text}`);
    const task = answer.task ?? (answer.status === undefined ? undefined : answer);
    if (task !== undefined) taskIds[index % 100] = task.id;
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  for (const status of [200, 400, 404]) t.ok((statuses.get(status) ?? 0) > COUNT / 50, `${status}: ${statuses.get(status)}`);
});

function start(t: Test, seed: number) {
  const server = startProtocolServer(t, { server: { a2a: { legacy: true } }, agents: { helper: agentSettings({ inputModes: ['*/*'] }) } });
  const random = createRandom(seed);
  void workAlways(server);
  return { server, random };
}

/** Goes on until the test's process ends. */
async function workAlways(server: ProtocolServer): Promise<void> {
  for (;;) {
    try {
      await (await server.nextRun()).finish('answer');
    } catch {
      // Canceled between its job and its take.
    }
  }
}

function request({ baseUrl }: ProtocolServer, body: string) {
  const headers = { 'content-type': 'application/json' };
  return { agent: 'helper', headers, query: new URLSearchParams(), body: Buffer.from(body), baseUrl, signal: new AbortController().signal };
}

/** The body, or the first event of a stream, which is then left. */
async function firstText(reply: BindingReply): Promise<string> {
  if (reply.type === 'json') return reply.body;
  for await (const { data } of reply.events) return data;
  return '{}';
}

function isError(error: { code?: unknown; message?: unknown; data?: unknown } | undefined): boolean {
  return typeof error?.code === 'number' && typeof error.message === 'string' && typeof error.data === 'object';
}

/** The same, with up to two of its values replaced or taken away. */
function mutate(random: Random, value: unknown): unknown {
  const copy = structuredClone(value);
  const wrapped: Record<string, unknown> = { root: copy };
  for (let left = random.below(3); left > 0; left -= 1) change(random, wrapped);
  return wrapped['root'];
}

function change(random: Random, parent: Record<string, unknown>): void {
  const keys = Object.keys(parent);
  if (keys.length === 0) return;
  const key = random.pick(keys);
  const child = parent[key];
  if (typeof child === 'object' && child !== null && random.chance(0.8)) change(random, child as Record<string, unknown>);
  else if (random.chance(0.2)) delete parent[key];
  else parent[key] = structuredClone(random.pick(VALUES));
}
