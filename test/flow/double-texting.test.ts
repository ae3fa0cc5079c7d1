/** A second message while the first one is answered, through the front door, for each policy (USERS A1). */
import t, { type Test } from 'tap';
import { systemClock } from '../../src/base/clock.js';
import { createOfflineModel } from '../../src/providers/llms/adapters/offline/model.js';
import type { LanguageModel, ModelRequest } from '../../src/providers/llms/contract.js';
import { collectFrames, rpc, sendText, streamFrames, userMessage, type WireTask } from '../support/a2a-client.js';
import { startTestHector } from '../support/start-hector.js';

const CONTEXT = { contextId: 'one-context' };

/** A Hector whose offline model takes a minute to answer the first time, and no time after that. */
async function startSlow(t: Test, doubleTexting: string | undefined) {
  const requests: ModelRequest[] = [];
  let markBegun = (): void => {};
  let markAborted = (_reason: unknown): void => {};
  const begun = new Promise<void>((resolve) => (markBegun = resolve));
  const aborted = new Promise<unknown>((resolve) => (markAborted = resolve));
  const hector = await startTestHector(t, {
    config: { agents: { assistant: { ...(doubleTexting === undefined ? {} : { double_texting: doubleTexting }) } } },
    extensions: {
      createLanguageModel: (_name, settings): LanguageModel => {
        const quick = createOfflineModel(settings, { clock: systemClock });
        const slow = createOfflineModel({ ...settings, firstTokenMs: 60_000 }, { clock: systemClock });
        return {
          ...quick,
          generate(request, signal) {
            requests.push(request);
            if (requests.length > 1) return quick.generate(request, signal);
            signal.addEventListener('abort', () => markAborted(signal.reason), { once: true });
            markBegun();
            return slow.generate(request, signal);
          },
        };
      },
    },
  });
  const url = `${hector.url}/agents/assistant`;
  const first = collectFrames(
    streamFrames(url, 'SendStreamingMessage', { message: userMessage('Hello one', { ...CONTEXT, messageId: 'm1' }) }),
  );
  await begun;
  return { url, first, requests, aborted };
}

const saidTo = ({ messages }: ModelRequest) => messages.map(({ parts: [part] }) => (part?.type === 'text' ? part.text : ''));

for (const policy of ['interrupt', 'rollback']) {
  t.test(`${policy}: the first client's stream ends as canceled, its model call is aborted, the second is answered (R6)`, async (t) => {
    const { url, first, requests, aborted } = await startSlow(t, policy);
    const second = await sendText(url, 'Hello two', { ...CONTEXT, messageId: 'm2' });
    t.equal(second.status.state, 'TASK_STATE_COMPLETED');
    t.match(await aborted, { code: 'TASK_CANCELED' }, 'the worker was told; it did not find out at its commit');
    const last = (await first).at(-1)?.result.statusUpdate;
    t.equal(last?.status.state, 'TASK_STATE_CANCELED');
    t.match(last?.status.message?.parts[0]?.text, /^Replaced by message 'm2'/);
    t.same(saidTo(requests[1] as ModelRequest), policy === 'interrupt' ? ['Hello one', 'Hello two'] : ['Hello two']);
    const read = (await rpc(url, 'GetTask', { id: last?.taskId })).body.result as WireTask;
    t.equal(read.status.state, 'TASK_STATE_CANCELED');
    t.equal(read.history?.[0]?.messageId, 'm1', 'the task that gave way still tells what was asked');
    const again = await rpc(url, 'SendMessage', { message: userMessage('Hello one', { ...CONTEXT, messageId: 'm1' }) });
    t.equal(again.body.result?.task?.id, last?.taskId, 'a message sent again finds its task (R11)');
    t.equal(requests.length, 2);
  });
}

t.test('reject: the second message is refused with a reason of its own, and its id may be used again', async (t) => {
  const { url, first, aborted } = await startSlow(t, 'reject');
  const message = userMessage('Hello two', { ...CONTEXT, messageId: 'm2' });
  const refused = await rpc(url, 'SendMessage', { message });
  t.equal(refused.status, 200);
  t.equal(refused.body.error?.code, -32004);
  t.match(refused.body.error?.data, [{ reason: 'CONTEXT_BUSY', domain: 'hector' }]);
  const [, taskId] = /task '([^']+)'/.exec(refused.body.error?.message ?? '') ?? [];
  await rpc(url, 'CancelTask', { id: taskId });
  t.match(await aborted, { code: 'TASK_CANCELED' });
  t.equal((await first).at(-1)?.result.statusUpdate?.status.state, 'TASK_STATE_CANCELED');
  const accepted = await rpc(url, 'SendMessage', { message });
  t.equal(accepted.body.result?.task?.status.state, 'TASK_STATE_COMPLETED');
});

t.test('enqueue, the default: the second message waits for the first', async (t) => {
  const { url, first, requests } = await startSlow(t, undefined);
  const second = (await rpc(url, 'SendMessage', { message: userMessage('Hello two', CONTEXT), configuration: { returnImmediately: true } }))
    .body.result?.task;
  t.equal(second?.status.state, 'TASK_STATE_SUBMITTED');
  t.equal(requests.length, 1);
  const stream = collectFrames(streamFrames(url, 'SubscribeToTask', { id: second?.id }));
  const again = { message: userMessage('Hello one', { ...CONTEXT, messageId: 'm1' }), configuration: { returnImmediately: true } };
  const created = (await rpc(url, 'SendMessage', again)).body.result?.task;
  await rpc(url, 'CancelTask', { id: created?.id });
  t.equal((await first).at(-1)?.result.statusUpdate?.status.state, 'TASK_STATE_CANCELED');
  t.equal((await stream).at(-1)?.result.statusUpdate?.status.state, 'TASK_STATE_COMPLETED');
  t.same(saidTo(requests[1] as ModelRequest), ['Hello one', 'Hello two']);
});
