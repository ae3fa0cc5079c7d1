/** What A2A asks of every operation, asked over each binding in the same words. */
import t, { type Test } from 'tap';
import { AppError } from '../../src/base/errors.js';
import { type AuditRecord, silentAudit } from '../../src/observe/audit.js';
import { silentMetrics } from '../../src/observe/meter.js';
import { BINDINGS, type Caller, type EveryBinding, type EveryCallOptions, startEveryBinding } from '../support/every-binding.js';
import { userMessage } from '../support/protocol-server.js';
import { agentSettings } from '../support/test-settings.js';
import { artifact, status } from '../support/test-worker.js';

const SKILL = { id: 'refund', name: 'Refunds', description: 'Pays back', tags: ['money'], examples: [], inputModes: [], outputModes: [] };
const extendedCard = { description: 'More', version: undefined, documentationUrl: undefined, subjects: ['ann'], skills: [] };
const agents = {
  helper: agentSettings(),
  direct: agentSettings({ directMessages: true }),
  strict: agentSettings({ extensions: [{ uri: 'urn:needed:v1', description: '', required: true, params: undefined }] }),
  more: agentSettings({ extendedCard: { ...extendedCard, skills: [{ ...SKILL, subjects: ['ann'] }] } }),
  shared: agentSettings({ extendedCard: { ...extendedCard, subjects: undefined, skills: [{ ...SKILL, subjects: ['ann'] }] } }),
};
const NOW = { returnImmediately: true };
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

t.test(
  'over each binding a failure of ours is counted and in the audit, without what it says; others and overload are not failures (OBS-15, SEC-16)',
  async (t) => {
    const counted: unknown[] = [];
    const acts: AuditRecord[] = [];
    const metrics = { ...silentMetrics, count: (name: string, labels: object) => void (name === 'errors_total' && counted.push(labels)) };
    const audit = { ...silentAudit, record: (act: AuditRecord) => void acts.push(act) };
    const rig = await startEveryBinding(t, { agents, observer: { metrics, audit }, server: { mcp: { enabled: true } } });
    const expected = (error_type: string) => [{ component: 'a2a', error_type }];
    for (const binding of BINDINGS) {
      const get = () => rig.callers[binding].call('GetTask', { id: 'unknown' }, { agent: 'helper', headers: { 'x-subject': 'ann' } });
      await get();
      t.same(counted, [], `${binding}: a client's mistake`);
      rig.server.store.outage = new Error('secret path /var/lib');
      await get();
      t.same(counted.splice(0), expected('INTERNAL'), binding);
      t.same(acts.splice(0), [{ action: 'error', user: 'ann', success: false, agent: 'helper', error: 'INTERNAL' }], binding);
      rig.server.store.outage = new AppError('OVERLOADED');
      await get();
      t.same([counted.splice(0), acts.splice(0)], [expected('OVERLOADED'), []], `${binding}: overload would flood the audit`);
      rig.server.store.outage = undefined;
    }
    rig.server.store.outage = new Error('secret');
    const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'helper', arguments: { request: 'Hi' } } };
    const request = {
      agent: '',
      headers: MCP_HEADERS,
      query: new URLSearchParams(),
      body: Buffer.from(JSON.stringify(body)),
      baseUrl: '',
      signal: new AbortController().signal,
    };
    await rig.server.binding.mcp?.handle(request, { subject: 'ann', authenticated: true });
    t.same(counted.splice(0), expected('INTERNAL'), 'MCP');
    t.match(acts.splice(0), [{ user: 'ann', agent: 'helper', error: 'INTERNAL' }], 'MCP');
  },
);

const MCP_HEADERS = { 'content-type': 'application/json', accept: 'application/json', 'mcp-protocol-version': '2025-06-18' };

for (const binding of BINDINGS) {
  t.test(`over ${binding}`, async (t) => {
    const rig = await startEveryBinding(t, { agents });
    const caller = rig.callers[binding];
    const accept = async (extra: object = {}, options: EveryCallOptions = {}) =>
      (await caller.call('SendMessage', { message: userMessage('question', { ...extra }), configuration: NOW }, options)).result.task;
    await checkMessages(t, rig, caller, accept);
    await checkTasks(t, rig, caller, accept);
    await checkShapes(t, rig, caller);
    await checkCards(t, caller);
  });
}

type Accept = (extra?: object, options?: EveryCallOptions) => Promise<{ readonly id: string; readonly contextId: string }>;

async function checkMessages(t: Test, rig: EveryBinding, caller: Caller, accept: Accept): Promise<void> {
  const refusal = async (message: Record<string, unknown>) =>
    (await caller.call('SendMessage', { message: userMessage('more', message), configuration: NOW })).refused;

  await t.test('ids of tasks and contexts are made by the server unless the client names a context (M1, M2, M3, M6)', async (t) => {
    const [first, second] = [await accept(), await accept()];
    t.ok(first.id !== second.id && first.contextId !== second.contextId);
    t.match(first, { id: /^.{16,}$/, contextId: /^.{16,}$/ });
    const [own, another] = [await accept({ contextId: 'mine' }), await accept({ contextId: 'mine' })];
    t.same([own.contextId, another.contextId], ['mine', 'mine']);
    t.not(own.id, another.id, 'a context alone begins a new task in it');
  });

  await t.test('a task alone implies its context, and another one is refused (M4, M5, M7)', async (t) => {
    const task = await accept();
    await (await rig.server.run(task.id)).rest('TASK_STATE_INPUT_REQUIRED', 'Which?');
    t.match(await refusal({ taskId: task.id, contextId: 'another' }), { reason: 'INVALID_PARAMS', fields: ['message.contextId'] });
    const continued = await accept({ taskId: task.id });
    t.same([continued.id, continued.contextId], [task.id, task.contextId]);
  });

  await t.test('a message sent again gives the same task (S10)', async (t) => {
    const messageId = `again-${Math.random()}`;
    t.equal((await accept({ messageId })).id, (await accept({ messageId })).id);
  });

  await t.test('a task that needs credentials says so in a status message, and takes messages meanwhile (M8)', async (t) => {
    const task = await accept();
    await (await rig.server.run(task.id)).rest('TASK_STATE_AUTH_REQUIRED', 'Log in at example.com');
    const { result } = await caller.call('GetTask', { id: task.id });
    t.match(result.status, { state: 'TASK_STATE_AUTH_REQUIRED', message: { parts: [{ text: 'Log in at example.com' }] } });
    t.equal((await accept({ taskId: task.id })).id, task.id);
  });

  await t.test('the history of an answer is bounded as asked (S8, K1)', async (t) => {
    const lengths = [];
    for (const historyLength of [undefined, 0, 1]) {
      const configuration = { ...NOW, ...(historyLength === undefined ? {} : { historyLength }) };
      const { result } = await caller.call('SendMessage', { message: userMessage('question'), configuration });
      lengths.push((result.task.history ?? []).length);
    }
    t.same(lengths, [1, 0, 1]);
  });

  await t.test('returnImmediately changes nothing for a stream (S4, T3)', async (t) => {
    const { stream } = await caller.open('SendStreamingMessage', {
      message: userMessage('question', { contextId: 's4' }),
      configuration: NOW,
    });
    const first = await stream?.next();
    t.equal(first.task.contextId, 's4');
    await (await rig.server.run(first.task.id)).finish('answer');
    t.match((await stream?.rest())?.at(-1), { statusUpdate: { status: { state: 'TASK_STATE_COMPLETED' } } });
  });

  await t.test('a message in place of a task is the whole stream (T2, S1)', async (t) => {
    const opening = caller.open('SendStreamingMessage', { message: userMessage('hello', { contextId: 't2' }) }, { agent: 'direct' });
    const done = status('TASK_STATE_COMPLETED', 'Hello yourself');
    for (;;) {
      const run = await rig.server.nextRun();
      if ((await rig.server.store.find(run.taskId, undefined))?.contextId !== 't2') continue;
      await run.commit({ state: 'TASK_STATE_COMPLETED', events: [{ ...done, direct: true } as typeof done] });
      break;
    }
    const events = await (await opening).stream?.rest();
    t.match(events, [{ message: { contextId: 't2', role: 'ROLE_AGENT', parts: [{ text: 'Hello yourself' }] } }]);
    t.equal(events?.length, 1);
    t.notOk(events?.[0].message.taskId, 'no task that the client knows of');
  });
}

async function checkTasks(t: Test, rig: EveryBinding, caller: Caller, accept: Accept): Promise<void> {
  await t.test('nothing follows the end of a task: no message, no stream, no cancel (M10, S5, T8, N2)', async (t) => {
    const { id } = await accept();
    await (await rig.server.run(id)).finish('answer');
    const { refused } = await caller.call('SendMessage', { message: userMessage('more', { taskId: id }) });
    t.equal(refused?.reason, 'UNSUPPORTED_OPERATION');
    t.equal((await caller.open('SubscribeToTask', { id })).refused?.reason, 'UNSUPPORTED_OPERATION');
    t.equal((await caller.call('CancelTask', { id })).refused?.reason, 'TASK_NOT_CANCELABLE');
    t.equal((await caller.call('GetTask', { id })).result.status.state, 'TASK_STATE_COMPLETED');
  });

  await t.test('canceling twice does what once does (N1, N3)', async (t) => {
    const { id } = await accept();
    const [first, second] = [await caller.call('CancelTask', { id }), await caller.call('CancelTask', { id })];
    t.equal(first.result.status.state, 'TASK_STATE_CANCELED');
    t.same(second.result, first.result);
    t.equal((await caller.call('CancelTask', { id: 'unknown' })).refused?.reason, 'TASK_NOT_FOUND');
  });

  await t.test("lists hold the caller's own tasks alone, newest status first (L1, L3, Z2)", async (t) => {
    const headers = { 'x-subject': 'cleo' };
    const [one, two] = [await accept({}, { headers }), await accept({}, { headers })];
    // Statuses of one millisecond would be in the order of their ids.
    for (const now = Date.now(); Date.now() === now; );
    await (await rig.server.run(one.id)).rest('TASK_STATE_INPUT_REQUIRED', 'Which?');
    const { result } = await caller.call('ListTasks', {}, { headers });
    t.same(
      result.tasks.map(({ id }: { id: string }) => id),
      [one.id, two.id],
    );
    t.equal(result.totalSize, 2);
    t.equal((await caller.call('ListTasks', {}, { headers: { 'x-subject': 'dora' } })).result.tasks?.length ?? 0, 0);
    for (const operation of ['GetTask', 'CancelTask'] as const)
      t.equal((await caller.call(operation, { id: one.id })).refused?.reason, 'TASK_NOT_FOUND', 'of somebody else');
  });
}

async function checkShapes(t: Test, rig: EveryBinding, caller: Caller): Promise<void> {
  await t.test('metadata is any JSON, unknown fields are passed over, times are UTC with milliseconds (D3, D5, D9)', async (t) => {
    const metadata = { text: 'é', list: [1, 2.5, null, { deep: true }], nothing: null };
    // To gRPC a field that the proto does not know is no field at all; the client leaves it out.
    const sent = { message: userMessage('question', { metadata, unheardOf: 1 }), configuration: NOW, metadata, alsoUnheardOf: {} };
    const { task } = (await caller.call('SendMessage', sent)).result;
    t.same(task.metadata, metadata);
    t.same(task.history[0].metadata, metadata);
    t.match(task.status.timestamp, ISO);
  });

  await t.test('names are camelCase, enums the names of the proto, and defaults are left out (D1, D2, D7)', async (t) => {
    const { task } = (await caller.call('SendMessage', { message: userMessage('question'), configuration: NOW })).result;
    const run = await rig.server.run(task.id);
    await run.commit({ state: 'TASK_STATE_COMPLETED', events: [artifact([{ text: 'a' }]), status('TASK_STATE_COMPLETED', 'done')] });
    const { text = '' } = await caller.call('GetTask', { id: task.id });
    const names = [...text.matchAll(/"([^"]+)":/g)].map(([, name]) => name as string);
    t.ok(names.length > 10);
    for (const name of names) t.match(name, /^[a-z]+([A-Z][a-z]*)*$/);
    t.match(text, /"TASK_STATE_COMPLETED"/);
    t.match(text, /"ROLE_AGENT"/);
    t.notMatch(text, /"(extensions|referenceTaskIds|filename|mediaType|description)":/);
    t.notMatch(text, /:(null|""|\[\])/);
  });

  await t.test('a required extension must be activated, and is told back (H3)', async (t) => {
    const sent = { message: userMessage('question'), configuration: NOW };
    t.equal((await caller.call('SendMessage', sent, { agent: 'strict' })).refused?.reason, 'EXTENSION_SUPPORT_REQUIRED');
    const headers = { 'a2a-extensions': 'urn:other:v1, urn:needed:v1' };
    t.ok((await caller.call('SendMessage', sent, { agent: 'strict', headers })).result.task);
  });
}

async function checkCards(t: Test, caller: Caller): Promise<void> {
  await t.test('the extended card is for whom it is meant (X1, X2, X3, X4)', async (t) => {
    const as = async (agent: string, subject: string) =>
      caller.call('GetExtendedAgentCard', {}, { agent, headers: { 'x-subject': subject } });
    t.equal((await as('helper', 'ann')).refused?.reason, 'UNSUPPORTED_OPERATION');
    t.equal((await as('more', 'bob')).refused?.reason, 'EXTENDED_AGENT_CARD_NOT_CONFIGURED');
    t.equal((await as('more', '')).refused?.reason, 'UNAUTHENTICATED');
    const skills = async (agent: string, subject: string) =>
      (await as(agent, subject)).result.skills.map(({ id }: { id: string }) => id).filter((id: string) => id === 'refund');
    t.same(await skills('more', 'ann'), ['refund']);
    t.same(await skills('shared', 'ann'), ['refund']);
    t.same(await skills('shared', 'bob'), []);
  });
}
