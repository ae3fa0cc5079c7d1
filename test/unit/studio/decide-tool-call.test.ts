import t from 'tap';
import { sampleToolCall } from '../../support/sample-tool-call.js';
import { approvalRequest, createStudioRig, type StudioRig } from '../../support/studio-rig.js';

async function startAsking(questions = [approvalRequest('a'), approvalRequest('b')], status: 'awaiting' | 'unknown' = 'awaiting') {
  const rig = createStudioRig();
  const calls = questions.map((data) => sampleToolCall({ callId: String(data['tool_call_id']), status }));
  const task = await rig.ask(await rig.take((await rig.accept()).id), questions, calls);
  return { rig, id: task.id, path: (callId: string) => `/api/tasks/${task.id}/toolCalls/${callId}/decision` };
}

const OUTCOME = { ...approvalRequest('a'), type: 'tool_outcome_request' };

async function lastMessage({ store }: StudioRig, id: string) {
  const events = await store.events(id, 0);
  const added = events.filter((event) => event.type === 'message.added');
  return { count: added.length, message: added.at(-1)?.message };
}

t.test('a decision becomes the A2A message that answers the run, bound to call and arguments (TOOL-61)', async (t) => {
  const { rig, id, path } = await startAsking();
  const { status, body } = await rig.call('POST', path('a'), { body: { decision: 'deny', reason: 'too much' } });
  t.equal(status, 200);
  const { message } = await lastMessage(rig, id);
  t.same(message?.parts, [
    { data: { type: 'tool_approval', decision: 'deny', tool_call_id: 'a', arguments_hash: 'hash of a', reason: 'too much' } },
  ]);
  t.same(body, {
    ...{ task_id: id, call_id: 'a', tool: 'charge', decision: 'deny', arguments_hash: 'hash of a', message_id: message?.messageId },
    state: 'TASK_STATE_WORKING',
  });
  t.same(rig.enqueued, [id]);
});

t.test('the same request again is the same message: one answer, however often (R11)', async (t) => {
  const { rig, id, path } = await startAsking();
  const first = await rig.call('POST', path('a'), { body: { decision: 'approve', arguments_hash: 'hash of a' } });
  const task = await rig.take(id);
  const again = await rig.call('POST', path('a'), { body: { decision: 'approve' } });
  t.equal(again.body['message_id'], first.body['message_id']);
  const messageId = String(first.body['message_id']);
  const decided = sampleToolCall({ callId: 'a', status: 'done', decision: { messageId, at: 1 } });
  await rig.store.record({ taskId: id, epoch: task.epoch, step: task.step, toolCalls: [decided], at: 1 });
  t.same((await rig.call('POST', path('a'), { body: { decision: 'approve' } })).body['message_id'], messageId, 'also when it is done');
  t.equal((await lastMessage(rig, id)).count, 1);
});

t.test('a call whose outcome is unknown a second time can be answered a second time', async (t) => {
  const { rig, id, path } = await startAsking([OUTCOME], 'unknown');
  const first = await rig.call('POST', path('a'), { body: { decision: 'retry' } });
  t.match((await lastMessage(rig, id)).message?.parts[0]?.data, { type: 'tool_outcome', outcome: 'retry', tool_call_id: 'a' });
  await rig.ask(await rig.take(id), [OUTCOME], [sampleToolCall({ callId: 'a', status: 'unknown' })]);
  const second = await rig.call('POST', path('a'), { body: { decision: 'retry' } });
  t.not(second.body['message_id'], first.body['message_id']);
  t.equal((await lastMessage(rig, id)).count, 2);
});

t.test('what came of a call can be any JSON', async (t) => {
  const { rig, id, path } = await startAsking([OUTCOME], 'unknown');
  await rig.call('POST', path('a'), { body: { decision: 'done', result: { receipt: 7 } } });
  t.match((await lastMessage(rig, id)).message?.parts[0]?.data, { outcome: 'done', result: { receipt: 7 } });
});

t.test('a decision that does not fit the question changes nothing and says what would', async (t) => {
  const { rig, id, path } = await startAsking();
  const deep = JSON.parse('['.repeat(150) + ']'.repeat(150)) as unknown;
  const cases: readonly (readonly [unknown, { readonly code: string } & Record<string, unknown>])[] = [
    [{ decision: 'retry' }, { code: 'PARAMS_INVALID', message: /decision: must be one of approve, deny for the call 'a', not 'retry'/ }],
    [{ decision: 'maybe' }, { code: 'PARAMS_INVALID', problems: [{ field: 'decision', description: /approve, deny, done, retry, skip/ }] }],
    [{ decision: 1 }, { code: 'PARAMS_INVALID', problems: [{ field: 'decision', description: /must be a string, not a number/ }] }],
    [{}, { code: 'PARAMS_INVALID', problems: [{ field: 'decision', description: /missing/ }] }],
    [undefined, { code: 'PARAMS_INVALID', message: /JSON object such as \{"decision": "approve"\} \(there is none\)/ }],
    ['approve', { code: 'PARAMS_INVALID', message: /not a string/ }],
    [
      { decision: 'approve', tool_name: 'x' },
      { code: 'PARAMS_INVALID', problems: [{ field: 'tool_name', description: /known are/ }] },
    ],
    [
      { decision: 'deny', result: 1 },
      { code: 'PARAMS_INVALID', problems: [{ field: 'result' }] },
    ],
    [
      { decision: 'done', reason: 'x' },
      { code: 'PARAMS_INVALID', problems: [{ field: 'reason' }] },
    ],
    [
      { decision: 'approve', reason: 'x'.repeat(2_001) },
      { code: 'PARAMS_INVALID', problems: [{ field: 'reason', description: /2000/ }] },
    ],
    [
      { decision: 'done', result: deep },
      { code: 'PARAMS_INVALID', problems: [{ field: 'result', description: /nested/ }] },
    ],
    [
      { decision: 'approve', arguments_hash: 'other' },
      { code: 'TOOL_CALL_CHANGED', httpStatus: 409, message: /hash of a/ },
    ],
  ];
  for (const [body, refusal] of cases) await t.rejects(rig.call('POST', path('a'), { body }), refusal, JSON.stringify(body)?.slice(0, 80));
  t.match(await rig.store.find(id, 'ada'), { state: 'TASK_STATE_INPUT_REQUIRED', seq: 3 });
});

t.test('a call that nobody asks about is unknown, or waits for nothing', async (t) => {
  const { rig, id, path } = await startAsking();
  const approve = { body: { decision: 'approve' } };
  const unknown = { code: 'TOOL_CALL_NOT_FOUND', httpStatus: 404 };
  await t.rejects(rig.call('POST', path('c'), approve), { ...unknown, message: /open are 'a', 'b'/ });
  for (const hostile of ['%00', 'a%2Fb', 'x'.repeat(10_000)]) await t.rejects(rig.call('POST', path(hostile), approve), unknown);
  await rig.call('POST', path('a'), approve);
  const task = await rig.take(id);
  const rows = [sampleToolCall({ callId: 'a', status: 'denied' }), sampleToolCall({ callId: 'pure', status: 'done' })];
  await rig.store.record({ taskId: id, epoch: task.epoch, step: task.step, toolCalls: rows, at: 1 });
  const notOpen = { code: 'TOOL_CALL_NOT_OPEN', httpStatus: 409 };
  await t.rejects(rig.call('POST', path('pure'), approve), { ...notOpen, message: /waits for no decision: it is done/ });
  await t.rejects(rig.call('POST', path('a'), { body: { decision: 'deny' } }), { ...notOpen, message: /decided before: it is denied/ });
});

t.test('while the run acts on one answer the next one is told to come again', async (t) => {
  const { rig, id, path } = await startAsking();
  await rig.call('POST', path('a'), { body: { decision: 'approve' } });
  const busy = { code: 'TASK_BUSY', httpStatus: 409, retryAfterMs: 1_000 };
  await t.rejects(rig.call('POST', path('b'), { body: { decision: 'approve' } }), busy);
  await rig.ask(await rig.take(id), [approvalRequest('b')], []);
  t.equal((await rig.call('POST', path('b'), { body: { decision: 'approve' } })).status, 200);
});

t.test('the answer to a run that has ended is a conflict (R5)', async (t) => {
  const { rig, id, path } = await startAsking();
  await rig.ports.cancelTask(id, 'ada');
  await t.rejects(rig.call('POST', path('a'), { body: { decision: 'approve' } }), { code: 'CHECKPOINT_ENDED', httpStatus: 409 });
});

t.test('the question is found behind a long log', async (t) => {
  const { rig, id, path } = await startAsking();
  await rig.call('POST', path('a'), { body: { decision: 'approve' } });
  const task = await rig.take(id);
  const artifact = { artifactId: 'answer', parts: [{ text: 'x' }] };
  const events = Array.from({ length: 450 }, () => ({ type: 'artifact.updated', artifact, append: true, lastChunk: false }) as const);
  await rig.store.commit({ taskId: id, epoch: task.epoch, step: task.step, state: task.state, control: {}, messages: [], events, at: 1 });
  t.equal((await rig.call('POST', path('a'), { body: { decision: 'approve' } })).status, 200, 'the same answer again');
});
