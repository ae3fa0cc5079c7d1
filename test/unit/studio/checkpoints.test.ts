import t from 'tap';
import type { TaskRecord } from '../../../src/tasks/task-store.js';
import { sampleToolCall } from '../../support/sample-tool-call.js';
import { approvalRequest, createStudioRig } from '../../support/studio-rig.js';

type Page = { readonly checkpoints: readonly { readonly task_id: string; readonly status: string }[]; readonly next_cursor?: string };

t.test('the list has the runs of its caller that have not ended, oldest first, each with what it does (CHK-08)', async (t) => {
  const rig = createStudioRig();
  const queued = await rig.accept();
  await rig.clock.advance(1);
  const running = await rig.take((await rig.accept()).id);
  rig.redis.leases.set(running.id, 900);
  await rig.clock.advance(1);
  const interrupted = await rig.take((await rig.accept()).id);
  await rig.clock.advance(1);
  const held = await rig.hold((await rig.accept()).id);
  await rig.clock.advance(1);
  const waiting = await rig.ask(await rig.take((await rig.accept()).id), [approvalRequest('a')]);
  const gone = await rig.accept();
  await rig.ports.cancelTask(gone.id, 'ada');
  await rig.accept({ key: { agent: 'helper', owner: 'eve', contextId: 'c' } });

  const { status, body } = await rig.call('GET', '/api/checkpoints');
  t.equal(status, 200);
  const rows = (body as unknown as Page).checkpoints;
  const ids = [queued, running, interrupted, held, waiting].map(({ id }) => id);
  t.same(
    rows.map((row) => row.task_id),
    ids,
  );
  t.same(
    rows.map((row) => row.status),
    ['queued', 'running', 'interrupted', 'held', 'waiting'],
  );
  t.match(rows[1], { worker: 'w1', lease_alive: true, state: 'TASK_STATE_WORKING', step: 1, epoch: 1, takes: 1 });
  t.match(rows[3], { held_since: /^2023-.*Z$/, lease_alive: false });
  for (const [index, name] of ['queued', 'running', 'interrupted', 'held', 'waiting'].entries()) {
    const only = (await rig.call('GET', `/api/checkpoints?status=${name}`)).body as unknown as Page;
    t.same(
      only.checkpoints.map((row) => row.task_id),
      [ids[index]],
      name,
    );
  }
});

t.test('pages follow each other without gap or repeat while runs come and go', async (t) => {
  const rig = createStudioRig();
  const runs: TaskRecord[] = [];
  for (let index = 0; index < 7; index++) {
    runs.push(await rig.accept());
    if (index % 2 === 1) await rig.clock.advance(1);
  }
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = (await rig.call('GET', `/api/checkpoints?limit=3${cursor === undefined ? '' : `&cursor=${cursor}`}`))
      .body as unknown as Page;
    t.ok(page.checkpoints.length <= 3);
    seen.push(...page.checkpoints.map((row) => row.task_id));
    cursor = page.next_cursor;
    // The last one shown ends: the place behind it stays.
    await rig.ports.cancelTask(seen.at(-1) as string, 'ada');
  } while (cursor !== undefined);
  // Those of one millisecond stand in the order of their ids.
  const ids = runs.sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1)).map(({ id }) => id);
  t.same(seen, ids);
  const many = createStudioRig();
  for (let index = 0; index < 51; index++) await many.accept();
  t.equal(((await many.call('GET', '/api/checkpoints')).body as unknown as Page).checkpoints.length, 50, 'the default page');
});

t.test('a query that makes no sense names the field and what it wants', async (t) => {
  const rig = createStudioRig();
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['status=dead', 'status', /must be one of queued, running, waiting, held, interrupted, not 'dead'/],
    ['limit=0', 'limit', /from 1 to 500/],
    ['limit=501', 'limit', /from 1 to 500/],
    ['limit=1e2', 'limit', /integer/],
    ['limit=1&limit=2', 'limit', /given once/],
    ['cursor=nonsense', 'cursor', /next_cursor/],
    ['cursor=', 'cursor', /next_cursor/],
    [`cursor=${Buffer.from('{"createdAt":1,"id":"\\u0000"}').toString('base64url')}`, 'cursor', /next_cursor/],
    ['stauts=held', 'stauts', /is not known; known are status, limit, cursor/],
  ];
  for (const [query, field, description] of cases) {
    const refused = rig.call('GET', `/api/checkpoints?${query}`);
    await t.rejects(refused, { code: 'PARAMS_INVALID', problems: [{ field, description }] }, query);
  }
});

t.test('with Redis away the list says that it does not know who lives; only what rests on that is refused', async (t) => {
  const rig = createStudioRig();
  await rig.take((await rig.accept()).id);
  rig.redis.outage = 'fails';
  t.match((await rig.call('GET', '/api/checkpoints')).body, { checkpoints: [{ status: 'running', lease_alive: null }] });
  for (const status of ['running', 'interrupted'])
    await t.rejects(rig.call('GET', `/api/checkpoints?status=${status}`), { code: 'REDIS_UNAVAILABLE', retryAfterMs: 1_000 });
  t.same((await rig.call('GET', '/api/checkpoints?status=held')).body, { checkpoints: [] });
});

t.test('a Redis that hangs costs half a second, not the answer', async (t) => {
  const rig = createStudioRig();
  const { id } = await rig.take((await rig.accept()).id);
  rig.redis.outage = 'hangs';
  const answer = rig.call('GET', `/api/tasks/${id}/why`);
  await rig.clock.untilPending();
  await rig.clock.advance(500);
  t.match((await answer).body, { rule: 'redis-away' });
  t.equal(rig.clock.pending(), 0, 'no timer stays');
});

t.test('statistics count what is open, waits and ages (CHK-12)', async (t) => {
  const rig = createStudioRig();
  t.same((await rig.call('GET', '/api/checkpoints/stats')).body, {
    ...{ total: 0, queued: 0, working: 0, input_required: 0, held: 0, expired: 0 },
  });
  await rig.accept();
  await rig.take((await rig.accept()).id);
  await rig.hold((await rig.accept()).id);
  await rig.ask(await rig.take((await rig.accept()).id), [approvalRequest('a')]);
  await rig.clock.advance(2_500);
  t.match((await rig.call('GET', '/api/checkpoints/stats')).body, {
    ...{ total: 4, queued: 1, working: 1, input_required: 1, held: 1, expired: 0, oldest_age_ms: 2_500, oldest_created_at: /Z$/ },
  });
  t.match((await rig.call('GET', '/api/checkpoints/stats', { owner: 'eve' })).body, { total: 0 });
});

t.test('inspecting shows control, questions and the ledger, results cut to 2,000 characters', async (t) => {
  const rig = createStudioRig();
  const long = { content: `${'x'.repeat(1_999)}😀 and more`, isError: false };
  const done = sampleToolCall({ callId: 'b', status: 'done', result: long, decision: { messageId: 'm9', at: rig.clock.now() } });
  const task = await rig.take((await rig.accept()).id);
  await rig.ask(task, [approvalRequest('a')], [sampleToolCall({ callId: 'a', status: 'awaiting' }), done]);
  const { body } = await rig.call('GET', `/api/checkpoints/${task.id}`);
  t.match(body, {
    task_id: task.id,
    status: 'waiting',
    control: {},
    tool_calls_total: 2,
    questions: [{ call_id: 'a', asks: 'approval', arguments: { amount: 5 }, arguments_hash: 'hash of a', decisions: ['approve', 'deny'] }],
    tool_calls: [
      { call_id: 'a', tool: 'charge', effect: 'once', status: 'awaiting', arguments_hash: /^[0-9a-f]{64}$/ },
      {
        call_id: 'b',
        status: 'done',
        decision: { message_id: 'm9' },
        result: { content: 'x'.repeat(1_999), is_error: false, truncated: true },
      },
    ],
  });
});

t.test('inspecting shows results that are none, as an earlier version kept them', async (t) => {
  const rig = createStudioRig();
  const task = await rig.take((await rig.accept()).id);
  const odd = [{ isError: false }, { content: { paid: true }, isError: false }, null, 'text'].map((result, index) =>
    sampleToolCall({ callId: `${index}`, status: 'done', result: result as never }),
  );
  await rig.ask(task, [approvalRequest('a')], odd);
  const { body } = await rig.call('GET', `/api/checkpoints/${task.id}`);
  const none = { content: '(no result)', is_error: true, truncated: false };
  t.match(body, {
    tool_calls: [{ result: none }, { result: { content: '{"paid":true}', is_error: true } }, { result: none }, { result: none }],
  });
});

t.test('of a run with many calls the newest 500 are read, and all of them counted', async (t) => {
  const queries: unknown[] = [];
  const rig = createStudioRig();
  const task = await rig.take((await rig.accept()).id);
  const toolCalls = Array.from({ length: 501 }, (_, index) => sampleToolCall({ callId: `${index}`, status: 'done' }));
  await rig.store.record({ taskId: task.id, epoch: task.epoch, step: task.step, toolCalls, at: 1 });
  const read = rig.store.toolCalls.bind(rig.store);
  rig.store.toolCalls = (taskId, query) => {
    queries.push(query);
    return read(taskId, query);
  };
  rig.store.countToolCalls = async () => toolCalls.length;
  const { body } = await rig.call('GET', `/api/checkpoints/${task.id}`);
  t.match(body, { tool_calls_total: 501, tool_calls: { length: 500, 0: { call_id: '1' }, 499: { call_id: '500' } } });
  t.same(queries, [{ newest: 500 }]);
});

t.test('a held run is resumed once: runnable, with a job; again is a conflict that says what it does (CHK-08)', async (t) => {
  const rig = createStudioRig();
  const { id } = await rig.hold((await rig.accept()).id);
  t.match(await rig.call('POST', `/api/checkpoints/${id}/resume`, { body: {} }), { status: 200, body: { task_id: id, status: 'queued' } });
  t.same(rig.enqueued, [id]);
  rig.redis.job = { type: 'waiting', before: 2 };
  const again = rig.call('POST', `/api/checkpoints/${id}/resume`);
  await t.rejects(again, {
    code: 'CHECKPOINT_NOT_HELD',
    httpStatus: 409,
    message: /queued for step 1\. 2 jobs before it.*next free worker/,
  });
  t.equal((await rig.call('GET', `/api/tasks/${id}/why`)).body['rule'], 'queued');
  await t.rejects(rig.call('POST', `/api/checkpoints/${id}/resume`, { body: { force: true } }), {
    code: 'PARAMS_INVALID',
    problems: [{ field: 'force' }],
  });
  await t.rejects(rig.call('POST', `/api/checkpoints/${id}/resume`, { body: [] }), { code: 'PARAMS_INVALID', message: /not an array/ });
});

t.test('a discarded run is canceled; one that has ended is neither discarded nor resumed (R5, R6)', async (t) => {
  const rig = createStudioRig();
  let reason: unknown;
  const cancelTask = rig.ports.cancelTask;
  const spying = createStudioRig({
    cancelTask: async (taskId, owner, message) => {
      reason = message?.parts[0]?.text;
      return cancelTask(taskId, owner, message);
    },
    tasks: rig.store,
    recovery: rig.store,
  });
  const { id } = await rig.hold((await rig.accept()).id);
  t.match(await spying.call('DELETE', `/api/checkpoints/${id}`), { status: 200, body: { status: 'ended', state: 'TASK_STATE_CANCELED' } });
  t.equal(reason, 'The run was discarded before step 1 was committed');
  const conflict = { code: 'CHECKPOINT_ENDED', httpStatus: 409, message: /TASK_STATE_CANCELED/ };
  await t.rejects(rig.call('DELETE', `/api/checkpoints/${id}`), conflict);
  await t.rejects(rig.call('POST', `/api/checkpoints/${id}/resume`), conflict);
});

t.test('a run that ends while it is being discarded is a conflict too', async (t) => {
  const rig = createStudioRig();
  const task = await rig.take((await rig.accept()).id);
  const racing = createStudioRig({
    tasks: rig.store,
    cancelTask: async (id, owner) => {
      await rig.store.commit({
        taskId: id,
        epoch: 1,
        step: 1,
        state: 'TASK_STATE_COMPLETED',
        control: {},
        messages: [],
        events: [],
        at: 1,
      });
      return rig.ports.cancelTask(id, owner);
    },
  });
  await t.rejects(racing.call('DELETE', `/api/checkpoints/${task.id}`), { code: 'CHECKPOINT_ENDED', message: /COMPLETED/ });
});

t.test("unknown ids, hostile ids and other owners' tasks look the same (SEC-18)", async (t) => {
  const rig = createStudioRig();
  const { id } = await rig.hold((await rig.accept()).id);
  const hostile = ['unknown', 'a%2Fb', '..%2F..%2Fetc', 'x'.repeat(10_000), '%00', `${id}%00`, "'; DROP TABLE tasks; --", '%F0%9F%98%80'];
  const paths = (taskId: string): readonly (readonly [string, string, unknown?])[] => [
    ['GET', `/api/checkpoints/${taskId}`],
    ['POST', `/api/checkpoints/${taskId}/resume`],
    ['DELETE', `/api/checkpoints/${taskId}`],
    ['GET', `/api/tasks/${taskId}/why`],
    ['POST', `/api/tasks/${taskId}/toolCalls/c/decision`, { decision: 'approve' }],
  ];
  const refusal = { code: 'TASK_NOT_FOUND', httpStatus: 404 };
  for (const taskId of hostile) {
    for (const [method, path, body] of paths(taskId)) {
      await t.rejects(rig.call(method, path, { body }), refusal, path.slice(0, 60));
    }
  }
  for (const [method, path, body] of paths(id)) await t.rejects(rig.call(method, path, { body, owner: 'eve' }), refusal);
  t.equal((await rig.store.find(id, 'ada'))?.heldSince !== undefined, true, 'nothing happened to it');
});

t.test('why of a run behind another leads to what holds that one', async (t) => {
  const rig = createStudioRig();
  const first = await rig.accept({ contextId: 'c1' });
  const { id } = await rig.accept({ contextId: 'c1' });
  await rig.take(first.id);
  const record = await rig.store.find(id, 'ada');
  if (record === undefined) throw new Error('gone');
  // Sessions have no order in memory: the later run's turn is given here.
  const later = createStudioRig({
    tasks: { find: async () => ({ ...record, turn: 2 }), events: async () => [], descendants: async () => [] },
    recovery: Object.assign(Object.create(rig.store) as typeof rig.store, {
      openRuns: async () => (await rig.store.openRuns({ limit: 10 })).filter((run) => run.id === first.id),
    }),
    leases: { remaining: async () => new Map([[first.id, 1_400]]) },
  });
  const { body } = await later.call('GET', `/api/tasks/${id}/why`);
  t.match(body, { task_id: id, rule: 'behind', front: { task_id: first.id, rule: 'running', summary: /worker 'w1' runs step 1/ } });
});

t.test('a held run that is resumed when its time is over ends instead, and everybody is told (CHK-08, CHK-11)', async (t) => {
  const rig = createStudioRig();
  const { id, epoch } = await rig.take((await rig.accept()).id);
  await rig.store.hold(id, epoch, rig.clock.now(), rig.clock.now() + 1_000);
  await rig.clock.advance(1_000);
  await t.rejects(rig.call('POST', `/api/checkpoints/${id}/resume`), { code: 'CHECKPOINT_ENDED', message: /TASK_STATE_FAILED/ });
  t.same(rig.enqueued, []);
  t.match(rig.published.at(-1), { taskId: id, type: 'status.changed', status: { state: 'TASK_STATE_FAILED' } });
});
