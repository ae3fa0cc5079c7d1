/** The line end to end, in one process on embedded defaults, with a scripted model: what a client can rely on. */
import t, { type Test } from 'tap';
import type { Tool } from '../../src/providers/tools/contract.js';
import { artifactText, collectFrames, type Frame, rpc, sendText, streamFrames, textOfParts, userMessage } from '../support/a2a-client.js';
import { createScriptedModel, type ScriptedTurn } from '../support/scripted-llm.js';
import { startTestHector } from '../support/start-hector.js';

const CONFIG = { agents: { assistant: { instruction: 'Answer briefly.' } } };

async function startScripted(t: Test, turns: readonly ScriptedTurn[], tools: readonly Tool[] = []) {
  const model = createScriptedModel(t, turns);
  const hector = await startTestHector(t, { config: CONFIG, extensions: { createLanguageModel: () => model, tools } });
  return { url: `${hector.url}/agents/assistant`, model };
}

function openGate() {
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { gate, open };
}

t.test('a context remembers: the second message is answered knowing the first (M6)', async (t) => {
  const { url, model } = await startScripted(t, [{ say: ['Nice to meet you, Ada.'] }, { say: ['You are Ada.'] }]);
  const first = await sendText(url, 'I am Ada.');
  const second = await sendText(url, 'Who am I?', { contextId: first.contextId });
  t.equal(second.contextId, first.contextId);
  t.not(second.id, first.id);
  t.same(
    model.requests[1]?.messages.map(({ role, parts }) => [role, parts[0]?.type === 'text' ? parts[0].text : '']),
    [
      ['user', 'I am Ada.'],
      ['agent', 'Nice to meet you, Ada.'],
      ['user', 'Who am I?'],
    ],
  );
  t.equal(textOfParts(second.artifacts?.[0]?.parts ?? []), 'You are Ada.');
});

t.test('the same messageId is the same task, also when sent at the same time (R11)', async (t) => {
  const { url } = await startScripted(t, [{ say: ['Once.'] }]);
  const message = userMessage('Do it once');
  const replies = await Promise.all(Array.from({ length: 20 }, () => rpc(url, 'SendMessage', { message })));
  t.equal(new Set(replies.map(({ body }) => body.result?.task?.id)).size, 1);
  t.ok(replies.every(({ body }) => body.result?.task?.status.state === 'TASK_STATE_COMPLETED'));
});

t.test('tools are called, their results go back to the model, and each turn is a step of its own (AGT-01, R2)', async (t) => {
  const add: Tool = {
    name: 'add',
    description: 'Adds two numbers',
    parameters: { type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } }, required: ['a', 'b'] },
    effect: 'pure',
    execute: async ({ a, b }) => ({ content: String(Number(a) + Number(b)) }),
  };
  const turns: ScriptedTurn[] = [
    { say: ['Let me add. ', { call: { name: 'add', arguments: { a: 2, b: 3 } } }] },
    { expect: ({ messages }) => t.match(messages.at(-1)?.parts[0], { type: 'tool_result', content: '5' }), say: ['It is 5.'] },
  ];
  const { url } = await startScripted(t, turns, [add]);
  const frames = await collectFrames(streamFrames(url, 'SendStreamingMessage', { message: userMessage('2+3?') }));
  t.equal(artifactText(frames), 'Let me add. It is 5.');
  t.equal(frames.at(-1)?.result.statusUpdate?.status.state, 'TASK_STATE_COMPLETED');
});

t.test('cancel stops the model and ends every stream as canceled (R6, N1)', async (t) => {
  const { gate } = openGate();
  const { url } = await startScripted(t, [{ say: ['Thinking… ', { gate }, 'never said'] }]);
  const frames: Frame[] = [];
  for await (const frame of streamFrames(url, 'SendStreamingMessage', { message: userMessage('Go') })) {
    frames.push(frame);
    if (frame.result.artifactUpdate === undefined || frames.filter(({ result }) => result.artifactUpdate).length > 1) continue;
    const canceled = await rpc(url, 'CancelTask', { id: frame.result.artifactUpdate.taskId });
    t.equal(canceled.body.result?.status?.state, 'TASK_STATE_CANCELED');
  }
  const taskId = frames[0]?.result.task?.id;
  t.equal(frames.at(-1)?.result.statusUpdate?.status.state, 'TASK_STATE_CANCELED');
  const again = await rpc(url, 'CancelTask', { id: taskId });
  t.equal(again.body.result?.status?.state, 'TASK_STATE_CANCELED', 'canceling again returns the task (N3)');
  const late = await rpc(url, 'SendMessage', { message: userMessage('More', { taskId }) });
  t.equal(late.body.error?.code, -32004, 'an ended task takes no message (S5)');
});

t.test('a dropped stream goes on at its Last-Event-ID; the text is whole and nothing is told twice (R10)', async (t) => {
  const { gate, open } = openGate();
  const { url } = await startScripted(t, [{ say: ['One, ', 'two, ', { gate }, 'three, ', 'four.'] }]);
  const seen: Frame[] = [];
  const connection = new AbortController();
  try {
    for await (const frame of streamFrames(url, 'SendStreamingMessage', { message: userMessage('Count') }, { signal: connection.signal })) {
      seen.push(frame);
      if (artifactText(seen) !== '') connection.abort();
    }
  } catch (error) {
    if (!connection.signal.aborted) throw error;
  }
  const taskId = seen[0]?.result.task?.id;
  const lastId = seen.at(-1)?.id ?? '';
  t.match(lastId, /^\d+\.\d+$/, 'the last event seen was a live delta');
  open();
  const rest = await collectFrames(streamFrames(url, 'SubscribeToTask', { id: taskId }, { headers: { 'last-event-id': lastId } })).catch(
    () => [],
  );
  const frames = rest.length > 0 ? [...seen, ...rest] : [...seen, ...(await readEnded(url, taskId))];
  t.equal(artifactText(frames), 'One, two, three, four.');
  const states = frames.flatMap(({ result }) => (result.statusUpdate === undefined ? [] : [result.statusUpdate.status.state]));
  t.equal(new Set(states).size, states.length, 'no status came twice');
});

/** The run ended before the client was back: the task itself says how. */
async function readEnded(url: string, id: string | undefined): Promise<readonly Frame[]> {
  const { body } = await rpc(url, 'GetTask', { id });
  return [{ id: 'ended', event: undefined, result: { task: body.result as NonNullable<Frame['result']['task']> } }];
}

t.test('returnImmediately answers before the work is done; the task is read later (S3)', async (t) => {
  const { gate, open } = openGate();
  const { url } = await startScripted(t, [{ say: [{ gate }, 'Done.'] }]);
  const { body } = await rpc(url, 'SendMessage', { message: userMessage('Work'), configuration: { returnImmediately: true } });
  const task = body.result?.task;
  t.match(task?.status.state, /^TASK_STATE_(SUBMITTED|WORKING)$/);
  for await (const frame of streamFrames(url, 'SubscribeToTask', { id: task?.id })) {
    open();
    if (frame.result.statusUpdate) t.ok(frame.id);
  }
  const read = await rpc(url, 'GetTask', { id: task?.id });
  t.equal(read.body.result?.status?.state, 'TASK_STATE_COMPLETED');
  t.equal(textOfParts(read.body.result?.artifacts?.[0]?.parts ?? []), 'Done.');
});

t.test('messages to one context wait for each other and keep their order', async (t) => {
  const { gate, open } = openGate();
  const { url, model } = await startScripted(t, [{ say: [{ gate }, 'First.'] }, { say: ['Second.'] }, { say: ['Third.'] }]);
  const message = userMessage('1', { contextId: 'one-context' });
  const first = rpc(url, 'SendMessage', { message });
  for await (const frame of streamFrames(url, 'SendStreamingMessage', { message }))
    if (frame.result.statusUpdate || frame.result.task) break;
  const rest = ['2', '3'].map((text) => sendText(url, text, { contextId: 'one-context' }));
  open();
  await Promise.all([first, ...rest]);
  t.same(
    model.requests.map(({ messages }) => messages.length),
    [1, 3, 5],
    'each run saw all that was said before it',
  );
});
