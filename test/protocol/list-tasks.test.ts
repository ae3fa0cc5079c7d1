import { setImmediate } from 'node:timers/promises';
import t from 'tap';
import { sha256Hex } from '../../src/base/json.js';
import { type CallOptions, type ProtocolServer, startProtocolServer, userMessage } from '../support/protocol-server.js';
import { agentSettings } from '../support/test-settings.js';

const stranger = { subject: 'somebody else', authenticated: true };
const immediately = { returnImmediately: true };

async function list(server: ProtocolServer, params: object = {}, options: CallOptions = {}) {
  const { body } = await server.call('ListTasks', params, options);
  if (body.error !== undefined) throw new Error(JSON.stringify(body.error));
  return body.result;
}

const idsOf = (page: { tasks: { id: string }[] }) => page.tasks.map(({ id }) => id);

async function submitMany(server: ProtocolServer, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index++) ids.push((await server.submit(`question ${index}`)).id);
  return ids;
}

t.test('a list has the tasks of the caller, of this agent and this tenant, and no others (L1, Z2, U1)', async (t) => {
  const server = startProtocolServer(t, { agents: { helper: agentSettings(), second: agentSettings() } });
  const mine = await server.submit('mine');
  const theirs = await server.submit('theirs', { principal: stranger });
  const elsewhere = await server.submit('elsewhere', { agent: 'second' });
  const { body } = await server.call('SendMessage', { tenant: 'acme', message: userMessage('tenant'), configuration: immediately });
  t.same(idsOf(await list(server)), [mine.id]);
  t.same(idsOf(await list(server, {}, { principal: stranger })), [theirs.id]);
  t.same(idsOf(await list(server, {}, { agent: 'second' })), [elsewhere.id]);
  t.same(idsOf(await list(server, { tenant: 'acme' })), [body.result.task.id]);
  t.same(idsOf(await list(server, { tenant: 'other' })), []);
  t.same(idsOf(await list(server, { contextId: mine.contextId }, { principal: stranger })), [], 'whose context it is, counts for nothing');
});

t.test('an empty list has all its members, also without params (L4, D4)', async (t) => {
  const server = startProtocolServer(t);
  const empty = { tasks: [], nextPageToken: '', pageSize: 50, totalSize: 0 };
  t.same(await list(server), empty);
  t.same((await server.post('{"jsonrpc":"2.0","id":1,"method":"ListTasks"}')).body.result, empty);
});

t.test('pages follow each other by token until it is empty, each telling its size and the total (L2, L4)', async (t) => {
  const server = startProtocolServer(t);
  const ids = await submitMany(server, 7);
  const seen: string[] = [];
  const sizes: number[] = [];
  for (let pageToken: string | undefined; pageToken !== ''; ) {
    const page = await list(server, { pageSize: 3, ...(pageToken === undefined ? {} : { pageToken }) });
    seen.push(...idsOf(page));
    sizes.push(page.tasks.length);
    t.equal(page.pageSize, 3);
    t.equal(page.totalSize, 7);
    pageToken = page.nextPageToken;
  }
  t.same(sizes, [3, 3, 1]);
  t.same([...seen].sort(), [...ids].sort());
  t.equal((await list(server, { pageSize: 7 })).nextPageToken, '', 'a full last page is the last');
});

t.test('the newest status comes first, and the page is told by what clients read (L3, D3)', async (t) => {
  const server = startProtocolServer(t);
  const ids = await submitMany(server, 5);
  await server.call('CancelTask', { id: ids[2] });
  const { tasks } = await list(server);
  const times = tasks.map(({ status }: { status: { timestamp: string } }) => status.timestamp);
  t.same(times, [...times].sort().reverse());
  for (const time of times) t.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

t.test('what happens between two pages: a task that came or moved is not on the later ones, the rest is on one (L2)', async (t) => {
  const server = startProtocolServer(t);
  const ids = await submitMany(server, 6);
  const first = await list(server, { pageSize: 2 });
  const moved = ids.find((id) => !idsOf(first).includes(id)) as string;
  await server.store.cancel(moved, 'local', undefined, Date.now() + 60_000);
  await untilLater();
  await server.submit('a new one');
  const rest = await list(server, { pageSize: 100, pageToken: first.nextPageToken });
  t.same([...idsOf(first), ...idsOf(rest)].sort(), ids.filter((id) => id !== moved).sort());
  t.equal(rest.totalSize, 6, 'as counted when the list began');
  const again = await list(server, { pageSize: 1 });
  t.same(idsOf(again), [moved], 'it stands in front of a new list');
  t.equal(again.totalSize, 7);
});

/** Tasks of one millisecond are in the order of their ids: one that comes later must also look later. */
async function untilLater(): Promise<void> {
  for (const now = Date.now(); Date.now() === now; ) await setImmediate();
}

t.test('artifacts come when asked for: then always, else never (L5)', async (t) => {
  const server = startProtocolServer(t);
  const { id } = await server.submit('question');
  const waiting = await server.submit('another');
  await (await server.run(id)).finish('answer');
  for (const params of [{}, { includeArtifacts: false }, { include_artifacts: null }]) {
    for (const task of (await list(server, params)).tasks) t.notOk('artifacts' in task);
  }
  for (const params of [{ includeArtifacts: true }, { include_artifacts: true }]) {
    const { tasks } = await list(server, params);
    const artifactsOf = (id: string) => tasks.find((task: { id: string }) => task.id === id).artifacts;
    t.same(artifactsOf(id), [{ artifactId: 'answer', parts: [{ text: 'answer' }] }]);
    t.same(artifactsOf(waiting.id), []);
  }
});

t.test('each task is as GetTask shows it: status, its message, metadata, history as long as asked for (K1, L5)', async (t) => {
  const server = startProtocolServer(t);
  const metadata = { purpose: { of: ['tests', null] } };
  const sent = server.call('SendMessage', { message: userMessage('one'), metadata });
  const run = await server.nextRun();
  await run.rest('TASK_STATE_INPUT_REQUIRED', 'which one?');
  await sent;
  await server.call('SendMessage', { message: userMessage('two', { taskId: run.taskId }), configuration: immediately });
  await (await server.run(run.taskId)).rest('TASK_STATE_INPUT_REQUIRED', 'are you sure?');
  for (const historyLength of [undefined, 0, 1, 2, 100]) {
    const wanted = historyLength === undefined ? {} : { historyLength };
    const { body } = await server.call('GetTask', { id: run.taskId, ...wanted });
    const [task] = (await list(server, { ...wanted, includeArtifacts: true })).tasks;
    t.same(task, { ...body.result, artifacts: [] }, `historyLength ${historyLength}`);
    t.equal('history' in task, historyLength !== 0);
  }
  const [brief] = (await list(server, { history_length: 0 })).tasks;
  t.same(Object.keys(brief).sort(), ['contextId', 'id', 'metadata', 'status']);
  t.equal(brief.status.message.parts[0].text, 'are you sure?');
});

t.test('filters by context, by status in any form, and by time with that time included (L6, D6)', async (t) => {
  const server = startProtocolServer(t);
  const [first, second, third] = (await submitMany(server, 3)) as [string, string, string];
  await server.call('CancelTask', { id: second });
  const { contextId } = (await server.call('GetTask', { id: third })).body.result;
  for (const params of [{ contextId }, { context_id: contextId }]) t.same(idsOf(await list(server, params)), [third]);
  t.same(await list(server, { contextId: 'no such context' }), { tasks: [], nextPageToken: '', pageSize: 50, totalSize: 0 });
  for (const status of ['TASK_STATE_CANCELED', 5, '5']) t.same(idsOf(await list(server, { status })), [second]);
  for (const status of ['TASK_STATE_UNSPECIFIED', 0, '', null]) t.equal((await list(server, { status })).totalSize, 3);
  const submitted = await list(server, { status: 'TASK_STATE_SUBMITTED' });
  t.same(idsOf(submitted).sort(), [first, third].sort());
  t.equal(submitted.totalSize, 2);

  const canceled = (await server.call('GetTask', { id: second })).body.result.status.timestamp;
  const later = new Date(Date.parse(canceled) + 1).toISOString();
  const since = async (statusTimestampAfter: string) => idsOf(await list(server, { statusTimestampAfter })).includes(second);
  t.equal(await since(canceled), true, 'inclusive');
  t.equal(await since(canceled.replace('Z', '+00:00')), true);
  t.equal(await since(canceled.replace('Z', '000001Z')), false, 'a nanosecond later');
  t.equal(await since(later), false);
  t.same(idsOf(await list(server, { status: 5, status_timestamp_after: canceled, contextId })), [], 'together');
});

t.test('what is out of range is refused, every field named (L7, E4, E6)', async (t) => {
  const server = startProtocolServer(t);
  const bad = {
    pageSize: 150,
    historyLength: -1,
    status: 'running',
    statusTimestampAfter: 'yesterday',
    includeArtifacts: 'yes',
    contextId: 7,
  };
  const { error } = (await server.call('ListTasks', bad)).body;
  t.equal(error.code, -32602);
  const { fieldViolations } = error.data.find((detail: { '@type': string }) => detail['@type'].endsWith('BadRequest'));
  const fields = fieldViolations.map(({ field }: { field: string }) => field);
  t.same(fields.sort(), Object.keys(bad).sort());
  t.match(JSON.stringify(fieldViolations), /must be an integer from 1 to 100, not 150/);
  for (const pageSize of [0, 101, -1, 1.5, '101', 'ten', true, 2 ** 31]) {
    t.equal((await server.call('ListTasks', { pageSize })).body.error?.code, -32602, `pageSize ${pageSize}`);
  }
  for (const pageSize of [1, 100, '7', null]) t.equal((await list(server, { page_size: pageSize })).pageSize, Number(pageSize ?? 50));
  for (const status of ['canceled', 9, -1, '99', {}, 1.5]) {
    t.equal((await server.call('ListTasks', { status })).body.error?.code, -32602, `status ${JSON.stringify(status)}`);
  }
  t.equal((await server.call('ListTasks', [])).body.error.code, -32602);
});

t.test('a token that this server did not give, or gave for another list, is refused (L2, L7)', async (t) => {
  const server = startProtocolServer(t);
  await submitMany(server, 3);
  const { nextPageToken: token } = await list(server, { pageSize: 1 });
  t.match(token, /^[\w.-]{20,300}$/, 'it can stand in a URL');
  const flipped = [...token].map((letter, index) => token.slice(0, index) + (letter === 'A' ? 'B' : 'A') + token.slice(index + 1));
  for (const pageToken of ['x', '.', 'e30.e30', `${token}.`, `${token}x`, token.slice(1), ` ${token}`, 'x'.repeat(2000), ...flipped]) {
    const { error } = (await server.call('ListTasks', { pageToken })).body;
    t.equal(error?.code, -32602, pageToken.slice(0, 40));
    t.match(error?.data[1]?.fieldViolations, [{ field: 'pageToken' }]);
  }
  for (const filter of [{ status: 1 }, { contextId: 'c' }, { statusTimestampAfter: '2020-01-01T00:00:00Z' }, { tenant: 'acme' }]) {
    const { error } = (await server.call('ListTasks', { ...filter, pageToken: token })).body;
    t.match(error, { code: -32602, message: /another list/ }, JSON.stringify(filter));
  }
  t.match((await server.call('ListTasks', { pageToken: token }, { principal: stranger })).body.error, { code: -32602 });
  const [body = ''] = token.split('.');
  for (const totalSize of [-5, 2 ** 40, 1.5]) {
    const parts = JSON.parse(Buffer.from(body, 'base64url').toString()) as unknown[];
    const forged = Buffer.from(JSON.stringify(parts.with(3, totalSize))).toString('base64url');
    const { error } = (await server.call('ListTasks', { pageToken: `${forged}.${sha256Hex(forged).slice(0, 8)}` })).body;
    t.match(error, { code: -32602 }, `a forged one cannot say ${totalSize} tasks, which no binding could write`);
  }
  const next = await list(server, { page_token: token, pageSize: 2, historyLength: 0, includeArtifacts: true });
  t.equal(next.tasks.length, 2, 'how much of how many may change');
});

t.test('one answer does not take all memory: it ends early when its tasks are large, and the next page goes on (L2)', async (t) => {
  const server = startProtocolServer(t);
  const ids: string[] = [];
  for (let index = 0; index < 5; index++) {
    const { id } = await server.submit('question');
    await (await server.run(id)).finish('x'.repeat(4 * 1024 * 1024));
    ids.push(id);
  }
  const seen: string[] = [];
  const sizes: number[] = [];
  for (let pageToken: string | undefined; pageToken !== ''; ) {
    const page = await list(server, { includeArtifacts: true, ...(pageToken === undefined ? {} : { pageToken }) });
    seen.push(...idsOf(page));
    sizes.push(page.tasks.length);
    pageToken = page.nextPageToken;
  }
  t.same(sizes, [2, 2, 1]);
  t.same(seen.sort(), ids.sort());
  t.equal((await list(server)).tasks.length, 5, 'without artifacts all fit');
});

t.test('a page reads its logs together, and those of no other task (L4)', async (t) => {
  const server = startProtocolServer(t);
  await submitMany(server, 30);
  const before = { ...server.store.calls };
  await list(server, { pageSize: 20 });
  t.equal(server.store.calls.eventsOfTasks - before.eventsOfTasks, 1);
  t.equal(server.store.calls.events, before.events);
});
