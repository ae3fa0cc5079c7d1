/** The places of streams among those of their caller: the same rule on every binding (Z4). */
import t from 'tap';
import { BINDINGS, type Caller, type EventStream, startEveryBinding } from '../support/every-binding.js';
import { userMessage } from '../support/protocol-server.js';
import { agentSettings, serverSettings } from '../support/test-settings.js';

const limits = { ...serverSettings().limits, maxStreamsPerCaller: 1 };
const agents = {
  helper: agentSettings(),
  direct: agentSettings({ directMessages: true }),
  strict: agentSettings({ extensions: [{ uri: 'urn:needed:v1', description: '', required: true, params: undefined }] }),
};

async function opened(caller: Caller, ...request: Parameters<Caller['open']>): Promise<EventStream> {
  const { stream, refused } = await caller.open(...request);
  if (stream === undefined) throw new Error(`refused: ${refused?.reason}`);
  return stream;
}

for (const binding of BINDINGS) {
  t.test(`over ${binding}`, async (t) => {
    const rig = await startEveryBinding(t, { agents, server: { limits } });
    const caller = rig.callers[binding];
    const taskCount = async () => (await caller.call('ListTasks', {})).result.totalSize ?? 0;

    await t.test('a stream too many is refused before its message is accepted: it leaves no task behind (Z4, T10)', async (t) => {
      const { id } = await rig.server.submit('question');
      const stream = await opened(caller, 'SubscribeToTask', { id });
      await stream.next();
      const before = await taskCount();
      for (const [operation, params] of [
        ['SendStreamingMessage', { message: userMessage('one too many') }],
        ['SubscribeToTask', { id }],
      ] as const) {
        const { refused } = await caller.open(operation, params);
        t.match(refused, { reason: 'TOO_MANY_STREAMS', isRetryable: true }, operation);
      }
      t.equal(await taskCount(), before);
      t.equal((await caller.open('SubscribeToTask', { id }, { headers: { 'x-subject': 'ann' } })).refused?.reason, 'TASK_NOT_FOUND');
      await stream.close();
    });

    await t.test('who is full hears of that before any task is looked at, and after the agent and its extensions (E7)', async (t) => {
      const { id } = await rig.server.submit('question');
      let stream = await untilOpen(caller, id);
      await stream.next();
      const reason = async (params: Parameters<Caller['open']>[1], agent?: string) =>
        (await caller.open('SubscribeToTask', params, agent === undefined ? {} : { agent })).refused?.reason;
      t.equal(await reason({ id }, 'nobody'), 'AGENT_NOT_FOUND');
      t.equal(await reason({ id }, 'strict'), 'EXTENSION_SUPPORT_REQUIRED');
      t.equal(await reason({ id: 'unknown' }), 'TOO_MANY_STREAMS');
      await stream.close();
      stream = await untilOpen(caller, id);
      await stream.close();
    });

    await t.test('a call that waits for nothing needs no place, whatever it accepts', async (t) => {
      const { id } = await rig.server.submit('question');
      const stream = await untilOpen(caller, id);
      await stream.next();
      const { result } = await caller.call('GetTask', { id }, { headers: { accept: 'application/json, text/event-stream' } });
      t.equal(result?.id, id);
      await stream.close();
    });

    await t.test('what does not become a stream gives its place back', async (t) => {
      const { id } = await rig.server.submit('question');
      for (let n = 0; n < 3; n++) t.equal((await untilFree(caller, 'unknown')).reason, 'TASK_NOT_FOUND');
      const stream = await untilOpen(caller, id);
      await (await rig.server.run(id)).finish('answer');
      await stream.rest();
      const other = await rig.server.submit('again');
      await (await untilOpen(caller, other.id)).close();
    });

    await t.test('a stream that waits for the first output holds a place already', async (t) => {
      const headers = { 'x-subject': 'bob' };
      const waiting = caller.open('SendStreamingMessage', { message: userMessage('hello') }, { agent: 'direct', headers });
      const run = await nextRunOf(rig.server, 'direct');
      const reason = async () => (await caller.open('SubscribeToTask', { id: 'unknown' }, { headers })).refused?.reason;
      t.equal(await reason(), 'TOO_MANY_STREAMS');
      await run.finish('answer');
      await (await waiting).stream?.rest();
      while ((await reason()) === 'TOO_MANY_STREAMS');
    });
  });
}

/** A client's going is heard of a moment later. */
async function untilOpen(caller: Caller, id: string): Promise<EventStream> {
  for (;;) {
    const { stream, refused } = await caller.open('SubscribeToTask', { id });
    if (stream !== undefined) return stream;
    if (refused?.reason !== 'TOO_MANY_STREAMS') throw new Error(refused?.reason);
  }
}

async function untilFree(caller: Caller, id: string): Promise<{ readonly reason: string | undefined }> {
  for (;;) {
    const { refused } = await caller.open('SubscribeToTask', { id });
    if (refused?.reason !== 'TOO_MANY_STREAMS') return { reason: refused?.reason };
  }
}

async function nextRunOf(server: Awaited<ReturnType<typeof startEveryBinding>>['server'], agent: string) {
  for (;;) {
    const run = await server.nextRun();
    if ((await server.store.find(run.taskId, undefined))?.agent === agent) return run;
  }
}
