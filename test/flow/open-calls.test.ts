/** A call that acts on the world and has no result is in the conversation all the same: the next run knows of it (R7, AGT-28). */
import t, { type Test } from 'tap';
import { AppError } from '../../src/base/errors.js';
import { armFaultPoint } from '../../src/base/fault-points.js';
import type { JsonObject } from '../../src/base/json.js';
import type { LanguageModel, ModelRequest } from '../../src/providers/llms/contract.js';
import type { Tool } from '../../src/providers/tools/contract.js';
import type { ToolResultPart } from '../../src/tasks/session-message.js';
import { rpc, sendText, userMessage, type WireTask } from '../support/a2a-client.js';
import { waitFor } from '../support/coordination-steps.js';
import { startTestHector } from '../support/start-hector.js';

const CONTEXT = { contextId: 'one-context' };

/** The model pays as long as the session shows no call of `pay`, like one that does what it was asked to. */
async function startPaying(t: Test, { config = {}, tool = {} }: { readonly config?: JsonObject; readonly tool?: Partial<Tool> } = {}) {
  const requests: ModelRequest[] = [];
  const settle: ((content: string) => void)[] = [];
  const pay: Tool = {
    name: 'pay',
    description: 'Pays',
    parameters: { type: 'object' },
    effect: 'once',
    execute: () => new Promise((resolve) => settle.push((content) => resolve({ content }))),
    ...tool,
  };
  const model = (): LanguageModel => ({
    provider: 'scripted',
    model: 'scripted',
    async *generate(request) {
      requests.push(request);
      const paid = request.messages.some(({ parts }) => parts.some((part) => part.type === 'tool_call'));
      if (paid) yield { type: 'text', text: 'I see.' };
      else yield { type: 'tool_call', id: `call-${requests.length}`, name: 'pay', arguments: {} };
      yield { type: 'finish', reason: paid ? 'stop' : 'tool_calls' };
    },
  });
  const hector = await startTestHector(t, { config, extensions: { createLanguageModel: model, tools: [pay] } });
  const url = `${hector.url}/agents/assistant`;
  const begin = async (): Promise<WireTask> => {
    const message = userMessage('Pay the bill', { ...CONTEXT, messageId: 'm1' });
    const { body } = await rpc(url, 'SendMessage', { message, configuration: { returnImmediately: true } });
    return body.result?.task as WireTask;
  };
  const inspect = async ({ id }: WireTask) =>
    (await (await fetch(`${hector.url}/api/checkpoints/${id}`)).json()) as { tool_calls: Record<string, unknown>[] };
  return { url, begin, inspect, requests, settle };
}

/** What the newest request to the model says came of its calls. */
const resultsIn = (requests: readonly ModelRequest[]) =>
  (requests.at(-1)?.messages ?? []).flatMap(({ parts }) => parts.filter((part): part is ToolResultPart => part.type === 'tool_result'));

const BEGUN = /was begun at \d{4}-.*Z; its outcome is not known\. Do not repeat it without asking the user\./;

t.test('double_texting interrupt during the tool: the next run sees that it was begun, and later what came of it', async (t) => {
  const { url, begin, inspect, requests, settle } = await startPaying(t, {
    config: { agents: { assistant: { double_texting: 'interrupt' } } },
  });
  const first = await begin();
  await waitFor(async () => settle.length === 1);
  const second = await sendText(url, 'Hello?', { ...CONTEXT, messageId: 'm2' });
  t.equal(second.status.state, 'TASK_STATE_COMPLETED');
  t.match(resultsIn(requests), [{ content: BEGUN, isError: true }]);

  settle[0]?.('receipt 7');
  await waitFor(async () => (await inspect(first)).tool_calls[0]?.['status'] === 'done');
  t.match((await inspect(first)).tool_calls, [{ status: 'done', result: { content: 'receipt 7' } }], 'the ledger has it after the end');
  await sendText(url, 'And now?', { ...CONTEXT, messageId: 'm3' });
  t.match(resultsIn(requests), [{ content: 'receipt 7', isError: false }]);
  t.equal(settle.length, 1, 'it was made once');
});

t.test('CancelTask during the tool, then a new message', async (t) => {
  const { url, begin, requests, settle } = await startPaying(t);
  const first = await begin();
  await waitFor(async () => settle.length === 1);
  await rpc(url, 'CancelTask', { id: first.id });
  const second = await sendText(url, 'Hello?', { ...CONTEXT, messageId: 'm2' });
  t.equal(second.status.state, 'TASK_STATE_COMPLETED');
  t.match(resultsIn(requests), [{ content: BEGUN }]);
  t.equal(settle.length, 1);
});

/** The call ends, and its result is lost before it is recorded. */
async function loseResult(t: Test, config: JsonObject = {}) {
  const paying = await startPaying(t, { config });
  const disarm = armFaultPoint('tool.after-call', () => {
    disarm();
    throw new AppError('DATABASE_UNAVAILABLE');
  });
  const first = await paying.begin();
  await waitFor(async () => paying.settle.length === 1);
  paying.settle[0]?.('receipt 7');
  const untilState = (state: string) =>
    waitFor(async () => (await rpc(paying.url, 'GetTask', { id: first.id })).body.result?.status?.state === state);
  return { ...paying, first, untilState };
}

t.test('an outcome that somebody is still asked for: the next run of the context does not repeat the call', async (t) => {
  const { url, first, untilState, requests, settle } = await loseResult(t);
  await untilState('TASK_STATE_INPUT_REQUIRED');
  const second = await sendText(url, 'Hello?', { ...CONTEXT, messageId: 'm2' });
  t.equal(second.status.state, 'TASK_STATE_COMPLETED');
  t.match(resultsIn(requests), [{ content: `Task ${first.id} waits for a person to say what became of it. Do not repeat it.` }]);
  t.equal(settle.length, 1);
});

t.test('an outcome that nobody told in time: the run failed, and the next one does not repeat the call', async (t) => {
  const { url, untilState, requests, settle } = await loseResult(t, { server: { approval: { expires_after: '300ms' } } });
  await untilState('TASK_STATE_FAILED');
  const second = await sendText(url, 'Hello?', { ...CONTEXT, messageId: 'm2' });
  t.equal(second.status.state, 'TASK_STATE_COMPLETED');
  t.match(resultsIn(requests), [{ content: BEGUN }]);
  t.equal(settle.length, 1);
});

t.test('an approval that waits is told to the next run, which asks for no second one; after its end it says so', async (t) => {
  const { url, requests, begin, settle } = await startPaying(t, { tool: { requiresApproval: true } });
  const first = await begin();
  await waitFor(async () => {
    const { body } = await rpc(url, 'GetTask', { id: first.id });
    return body.result?.status?.state === 'TASK_STATE_INPUT_REQUIRED';
  });
  const second = await sendText(url, 'Hello?', { ...CONTEXT, messageId: 'm2' });
  t.equal(second.status.state, 'TASK_STATE_COMPLETED', 'no second approval is raised');
  t.match(resultsIn(requests), [{ content: `waits for a person's decision in task ${first.id}` }]);
  await rpc(url, 'CancelTask', { id: first.id });
  await sendText(url, 'And now?', { ...CONTEXT, messageId: 'm3' });
  t.match(resultsIn(requests), [{ content: /was never carried out: its run ended/ }]);
  t.equal(settle.length, 0);
});
