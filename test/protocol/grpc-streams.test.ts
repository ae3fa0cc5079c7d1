/** Streams over gRPC: the frames of the other bindings, flow control, and every way in which they end. */
import { once } from 'node:events';
import { connect } from 'node:http2';
import { setTimeout as delay } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import t from 'tap';
import { createOperations } from '../../src/a2a/operations.js';
import { systemClock } from '../../src/base/clock.js';
import { AppError } from '../../src/base/errors.js';
import { callsOf, connectClient, encodeRequest, type GrpcStream, startGrpcRig } from '../support/grpc-rig.js';
import { userMessage } from '../support/protocol-server.js';
import { startSilentProxy } from '../support/silent-proxy.js';
import { agentSettings, serverSettings } from '../support/test-settings.js';

const URI = 'urn:hector:extension:reliable-stream:v1';
const EPOCH = 2 ** 20;
const { limits } = serverSettings();

// biome-ignore lint/suspicious/noExplicitAny: what came over the wire
function brief(event: any): string {
  if (event === undefined) return 'end';
  if (event.task !== undefined) return `task ${event.task.status.state.slice(11)}`;
  if (event.statusUpdate !== undefined) return event.statusUpdate.status.state.slice(11);
  const { artifact, append, lastChunk } = event.artifactUpdate;
  return `${append === true ? '+' : '='}${artifact.parts.map((part: { text: string }) => part.text).join('|')}${lastChunk === true ? '.' : ''}`;
}

t.test('a send-stream begins with the task, grows by previews and ends OK with the task (GR3, T3, T5, T7, T11, S4)', async (t) => {
  const rig = await startGrpcRig(t);
  const configuration = { returnImmediately: true, historyLength: 0 };
  const stream = rig.stream('SendStreamingMessage', { message: userMessage('question'), configuration });
  const first = await stream.next();
  t.equal(brief(first), 'task SUBMITTED');
  t.notOk('history' in first.task);
  const run = await rig.server.nextRun();
  const seen = [brief(await stream.next())];
  for (const text of ['Hel', 'lo']) {
    await run.preview(text);
    seen.push(brief(await stream.next()));
  }
  await run.finish('Hello');
  t.same([...seen, ...(await stream.rest()).map(brief)], ['WORKING', '=Hel', '+lo', '+.', 'COMPLETED']);
  t.equal((await stream.ended).code, status.OK);
});

t.test('all streams of a task get the same events over both bindings; leaving one affects nobody (T6, T8, A13, GR3)', async (t) => {
  const rig = await startGrpcRig(t);
  const { id } = await rig.server.submit('question');
  const streams = Array.from({ length: 4 }, () => rig.stream('SubscribeToTask', { id }));
  const overSse = await rig.server.stream('SubscribeToTask', { id });
  await Promise.all(streams.map(({ headers }) => headers));
  const [leaving, ...staying] = streams;
  await leaving?.next();
  leaving?.call.cancel();
  const run = await rig.server.run(id);
  await run.preview('a');
  await run.preview('b');
  await run.finish('ab');
  const expected = (await overSse.rest()).map(({ data }) => data.result);
  for (const stream of staying) t.same(await stream.rest(), expected);
  t.equal((await leaving?.ended)?.code, status.CANCELLED);
  t.equal(rig.server.feed.size, 0);
});

t.test('streams follow the states as they do over SSE (T1, T4, T9, T12)', async (t) => {
  const rig = await startGrpcRig(t, { agents: { helper: agentSettings(), mute: agentSettings({ streaming: false }) } });
  for (const [method, request] of [
    ['SendStreamingMessage', { tenant: 'mute', message: userMessage('a') }],
    ['SubscribeToTask', { tenant: 'mute', id: 'a' }],
  ] as const) {
    const { code, details } = await rig.stream(method, request).ended;
    t.equal(code, status.FAILED_PRECONDITION);
    t.equal(details[0]?.['reason'], 'UNSUPPORTED_OPERATION');
  }
  const asking = rig.stream('SendStreamingMessage', { message: userMessage('question') });
  const run = await rig.server.nextRun();
  await run.rest('TASK_STATE_INPUT_REQUIRED', 'which?');
  t.same((await asking.rest()).map(brief), ['task SUBMITTED', 'WORKING', 'INPUT_REQUIRED']);
  const waiting = rig.stream('SubscribeToTask', { id: run.taskId });
  t.equal(brief(await waiting.next()), 'task INPUT_REQUIRED');
  await rig.call('CancelTask', { id: run.taskId });
  t.same((await waiting.rest()).map(brief), ['CANCELED']);

  const secret = rig.stream('SendStreamingMessage', { message: userMessage('question') });
  const guarded = await rig.server.nextRun();
  await guarded.rest('TASK_STATE_AUTH_REQUIRED', 'log in');
  t.same(
    [brief(await secret.next()), brief(await secret.next()), brief(await secret.next())],
    ['task SUBMITTED', 'WORKING', 'AUTH_REQUIRED'],
  );
  await rig.call('CancelTask', { id: guarded.taskId });
  t.same((await secret.rest()).map(brief), ['CANCELED']);
});

t.test('the metadata last-event-id resumes exactly there; the extension tells the cursors (GR2, H2, R10, T8)', async (t) => {
  const rig = await startGrpcRig(t);
  const metadata = { 'a2a-extensions': URI };
  const { id } = await rig.server.submit('question');
  const run = await rig.server.run(id);
  for (const text of ['a', 'b', 'c']) await run.preview(text);
  const resume = (cursor: string) => rig.stream('SubscribeToTask', { id }, { metadata: { ...metadata, 'last-event-id': cursor } });
  const stream = resume(`2.${EPOCH + 2}`);
  const next = await stream.next();
  t.equal(brief(next), '+c');
  t.same(next.artifactUpdate.metadata, { [URI]: { seq: 2, epoch: 1, cursor: `2.${EPOCH + 3}` } });
  await run.finish('abcd');
  const rest = await stream.rest();
  t.same(rest.map(brief), ['+d.', 'COMPLETED']);
  const { cursor } = rest[0].artifactUpdate.metadata[URI];
  t.same((await resume(cursor).rest()).map(brief), ['COMPLETED'], 'what was missed of an ended task is replayed');
  const { code, details } = await resume('garbage').ended;
  t.equal(code, status.INVALID_ARGUMENT);
  t.match(details[1], { fieldViolations: [{ field: 'Last-Event-ID' }] });
});

t.test('a client that cancels or whose deadline passes is detached, unary or streaming; the task goes on (R6, T6)', async (t) => {
  const rig = await startGrpcRig(t);
  const { id } = await rig.server.submit('question');
  const canceled = rig.stream('SubscribeToTask', { id });
  const expired = rig.stream('SubscribeToTask', { id }, { deadlineMs: 300 });
  await Promise.all([canceled.next(), expired.next()]);
  const unary = rig.call('SendMessage', { message: userMessage('slow') }, { deadlineMs: 300 });
  const run = await rig.server.nextRun();
  canceled.call.cancel();
  t.equal((await canceled.ended).code, status.CANCELLED);
  t.equal((await expired.ended).code, status.DEADLINE_EXCEEDED);
  t.equal((await unary).code, status.DEADLINE_EXCEEDED);
  await until(() => rig.server.live.subscriptions === 0);
  t.equal(rig.server.feed.size, 0);
  const other = await rig.server.run(run.taskId === id ? (await rig.server.nextRun()).taskId : id).catch(() => undefined);
  await other?.finish('answer');
  await run.finish('answer').catch(() => {});
  const { body } = await rig.call('GetTask', { id: run.taskId });
  t.equal(body.status.state, 'TASK_STATE_COMPLETED', 'nobody canceled it');
});

t.test('a connection that is cut detaches its streams at once (R6)', async (t) => {
  const rig = await startGrpcRig(t);
  const { id } = await rig.server.submit('question');
  const session = connect(`http://127.0.0.1:${rig.front.port}`);
  session.on('error', () => {});
  const path = '/lf.a2a.v1.A2AService/SubscribeToTask';
  const request = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    'a2a-version': '1.0',
  });
  request.on('error', () => {});
  const bytes = encodeRequest('SubscribeToTask', { id });
  request.end(Buffer.concat([Buffer.from([0, 0, 0, 0, bytes.length]), bytes]));
  await once(request, 'data');
  t.equal(rig.server.live.subscriptions, 1);
  session.destroy();
  await until(() => rig.server.live.subscriptions === 0);
  t.equal(rig.server.feed.size, 0);
});

t.test('pings keep a silent stream open and find the client that is no longer there', async (t) => {
  const rig = await startGrpcRig(t, { server: { limits: { ...limits, keepAliveMs: 100 } } });
  const { id } = await rig.server.submit('question');
  const proxy = await startSilentProxy(t, { port: rig.front.port, host: '127.0.0.1' });
  const gone = callsOf(connectClient(t, proxy.port)).stream('SubscribeToTask', { id });
  const { id: other } = await rig.server.submit('other');
  const alive = rig.stream('SubscribeToTask', { id: other });
  await Promise.all([gone.next(), alive.next()]);
  t.equal(rig.server.live.subscriptions, 2);
  proxy.abandon();
  await until(() => rig.server.live.subscriptions === 1);
  await delay(500);
  await (await rig.server.run(other)).finish('answer');
  t.same((await alive.rest()).map(brief), ['WORKING', '=answer.', 'COMPLETED']);
});

t.test('open streams are counted per caller, together with those of other transports (Z4)', async (t) => {
  const rig = await startGrpcRig(t, { server: { limits: { ...limits, maxStreamsPerCaller: 2 } } });
  const { id } = await rig.server.submit('question');
  const releaseHttp = rig.server.dependencies.quota.acquire('local');
  const open = rig.stream('SubscribeToTask', { id });
  await open.next();
  const refused = await rig.stream('SendStreamingMessage', { message: userMessage('never accepted') }).ended;
  t.equal(refused.code, status.RESOURCE_EXHAUSTED);
  t.match(refused.details, [{ reason: 'TOO_MANY_STREAMS' }, { retryDelayMs: 1000 }]);
  t.equal((await rig.call('GetTask', { id })).code, status.OK, 'unary calls are not counted');
  releaseHttp();
  t.equal((await rig.stream('SubscribeToTask', { id: 'none' }).ended).code, status.NOT_FOUND);
  const second = rig.stream('SubscribeToTask', { id });
  t.equal(brief(await second.next()), 'task SUBMITTED', 'a place is free again, and failed calls hold none');
  open.call.cancel();
  second.call.cancel();
});

t.test('a slow reader is held to the buffer limit and loses nothing (R4, R9, T5)', async (t) => {
  const maxStreamBufferBytes = 16 * 1024;
  const pulled: number[] = [];
  const rig = await startGrpcRig(t, { server: { limits: { ...limits, maxStreamBufferBytes } } }, ({ dependencies }) => {
    const operations = createOperations(dependencies);
    const subscribeToTask: typeof operations.subscribeToTask = async (params, call) => {
      const frames = await operations.subscribeToTask(params, call);
      const place = pulled.push(0) - 1;
      const next = () => {
        pulled[place] = (pulled[place] as number) + 1;
        return frames.next();
      };
      const counted: typeof frames = {
        [Symbol.asyncIterator]: () => counted,
        next,
        take: () => 'ask',
        return: async () => (await frames.return?.()) ?? DONE,
      };
      return counted;
    };
    return { operations: { ...operations, subscribeToTask } };
  });
  const { id } = await rig.server.submit('question');
  const run = await rig.server.run(id);
  // Reads nothing: what arrives stays in the transport's windows, then in the server.
  const client = connectClient(t, rig.front.port);
  const slow = callsOf(client).stream('SubscribeToTask', { id });
  slow.call.pause();
  await slow.headers;
  const quick = rig.stream('SubscribeToTask', { id });
  const quickText = collectText(quick);
  const chunk = 'x'.repeat(1000);
  for (let count = 0; count < 20_000; count++) {
    await run.preview(chunk);
    if (count % 100 === 0) await delay(0);
  }
  t.ok((pulled[0] as number) < 500, `${pulled[0]} of 20,000 frames were taken for the slow reader: what its window and the buffer hold`);
  const answer = chunk.repeat(20_000);
  await run.finish(answer);
  t.ok((await quickText) === answer, 'others are not held up');
  t.ok((await collectText(slow)) === answer, 'it catches up');
  t.equal((await slow.ended).code, status.OK);
});

t.test('a drain ends streams with UNAVAILABLE and a retry delay, lets unary calls finish and takes no new ones (E8, R6)', async (t) => {
  const rig = await startGrpcRig(t);
  const { id } = await rig.server.submit('question');
  const stream = rig.stream('SubscribeToTask', { id });
  await stream.next();
  const answered = rig.call('SendMessage', { message: userMessage('slow') });
  const job = await rig.server.nextRun();
  const slow = job.taskId === id ? await rig.server.nextRun() : job;
  const drained = rig.front.drain(10_000);
  const { code, details } = await stream.ended;
  t.equal(code, status.UNAVAILABLE);
  t.match(details, [{ reason: 'DRAINING' }, { '@type': 'type.googleapis.com/google.rpc.RetryInfo' }]);
  const { retryDelayMs } = details[1] as { retryDelayMs: number };
  t.ok(retryDelayMs >= 500 && retryDelayMs <= 1500);
  t.equal((await rig.call('GetTask', { id })).code, status.UNAVAILABLE);
  await slow.finish('answer');
  t.equal((await answered).body.task.status.state, 'TASK_STATE_COMPLETED');
  await drained;
  await rig.front.drain(0);
  t.equal(rig.server.live.subscriptions, 0);
});

t.test('what is unanswered when the budget of a drain ends is UNAVAILABLE (E8, R11)', async (t) => {
  const rig = await startGrpcRig(t);
  const waiting = rig.call('SendMessage', { message: userMessage('slow') });
  const run = await rig.server.nextRun();
  await rig.front.drain(100);
  const { code, details } = await waiting;
  t.equal(code, status.UNAVAILABLE);
  t.match(details, [{ reason: 'DRAINING' }, {}]);
  await run.finish('answer');
  t.equal((await rig.server.call('GetTask', { id: run.taskId })).body.result.status.state, 'TASK_STATE_COMPLETED');
});

t.test('many that are unanswered then are told so, each, however long that takes on a busy machine (E8, R11)', async (t) => {
  // To a machine that is busy, a fixed time to flush is none at all.
  const rig = await startGrpcRig(t, {}, { clock: { ...systemClock, sleep: async () => {} } });
  const clients = Array.from({ length: 3 }, () => callsOf(connectClient(t, rig.front.port)));
  const waiting = clients.flatMap(({ call }) => Array.from({ length: 40 }, () => call('SendMessage', { message: userMessage('slow') })));
  for (const _ of waiting) await rig.server.nextRun();
  const drained = rig.front.drain(20);
  const codes = new Set((await Promise.all(waiting)).map(({ code }) => code));
  t.same([...codes], [status.UNAVAILABLE]);
  await drained;
});

t.test('a port that is taken and a host that is not here are said as such', async (t) => {
  const rig = await startGrpcRig(t);
  const taken = startGrpcRig(t, {}, { port: rig.front.port });
  await t.rejects(taken, { code: 'HTTP_ADDRESS_IN_USE', message: /server\.grpc_port/ });
  const elsewhere = startGrpcRig(t, {}, { server: serverSettings({ host: '203.0.113.1' }) });
  await t.rejects(elsewhere, { code: 'HTTP_ADDRESS_UNAVAILABLE' });
  t.ok(await taken.catch((error) => error instanceof AppError));
});

async function until(isSo: () => boolean): Promise<void> {
  const endsAt = Date.now() + 10_000;
  while (!isSo()) {
    if (Date.now() > endsAt) throw new Error('it did not come to be so within 10 s');
    await delay(5);
  }
}

/** The text of the artifact by the rules of append (T11). */
async function collectText(stream: GrpcStream): Promise<string> {
  let text = '';
  for (let event = await stream.next(); event !== undefined; event = await stream.next()) {
    const update = event.artifactUpdate;
    if (update !== undefined)
      text = (update.append === true ? text : '') + update.artifact.parts.map((part: { text: string }) => part.text).join('');
  }
  return text;
}

const DONE = { done: true, value: undefined } as const;
