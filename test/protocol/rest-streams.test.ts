import t from 'tap';
import { userMessage, type WireFrame } from '../support/protocol-server.js';
import { RawHttpClient } from '../support/raw-http-client.js';
import { startRestServer } from '../support/rest-rig.js';
import { agentSettings } from '../support/test-settings.js';

const URI = 'urn:hector:extension:reliable-stream:v1';
const EPOCH = 2 ** 20;

/** What a frame is, in one word or two. */
function brief(frame: WireFrame | undefined): string {
  if (frame === undefined) return 'end';
  const { task, statusUpdate, artifactUpdate } = frame.data;
  if (task !== undefined) return `${frame.id} task ${task.status.state.slice(11)}`;
  if (statusUpdate !== undefined) return `${frame.id} ${statusUpdate.status.state.slice(11)}`;
  const { artifact, append, lastChunk } = artifactUpdate;
  const text = artifact.parts.map((part: { text?: string }) => part.text).join('|');
  return `${frame.id} ${append === true ? '+' : '='}${text}${lastChunk === true ? '.' : ''}`;
}

for (const http of ['uws', 'node'] as const) {
  t.test(`over ${http}`, async (t) => {
    t.test('each event is a StreamResponse without an envelope, with its cursor, to the end of the task (RE4, T3, T5, T11)', async (t) => {
      const server = await startRestServer(t, { http });
      const stream = await server.open('POST', '/message:stream', { body: { message: userMessage('question') } });
      t.equal(stream.headers.get('content-type'), 'text/event-stream');
      const first = await stream.next();
      t.same(Object.keys(first?.data), ['task']);
      t.equal(brief(first), '1 task SUBMITTED');
      const run = await server.nextRun();
      t.equal(brief(await stream.next()), '2 WORKING');
      await run.preview('Hel');
      t.equal(brief(await stream.next()), `2.${EPOCH + 1} =Hel`);
      await run.finish('Hello');
      t.same((await stream.rest()).map(brief), ['3 +lo.', '4 COMPLETED']);
    });

    t.test('GET and POST subscribe alike, many at once; one that leaves changes nothing for others (T6, T7, T8)', async (t) => {
      const server = await startRestServer(t, { http });
      const { id } = await server.submit('question');
      const run = await server.run(id);
      const [got, posted, leaving] = await Promise.all([
        server.open('GET', `/tasks/${id}:subscribe`),
        server.open('POST', `/tasks/${id}:subscribe`),
        server.open('POST', `/tasks/${id}:subscribe`, { body: {} }),
      ]);
      t.equal(brief(await leaving.next()), '2 task WORKING');
      await leaving.close();
      await run.preview('ab');
      await run.finish('abc');
      const frames = await got.rest();
      t.equal(brief(frames[0]), '2 task WORKING');
      t.match(brief(frames.at(-1)), /COMPLETED$/);
      t.same(await posted.rest(), frames, 'the same events in the same order');
      const { status, body } = await server.ask('GET', `/tasks/${id}:subscribe`);
      t.equal(status, 400, 'an ended task');
      t.equal(body.error.details[0].reason, 'UNSUPPORTED_OPERATION');
    });

    t.test('a stream goes on at the cursor of Last-Event-ID (R10, H2)', async (t) => {
      const server = await startRestServer(t, { http });
      const { id } = await server.submit('question');
      await (await server.run(id)).finish('answer');
      const resume = (cursor: string, method = 'GET') =>
        server.open(method, `/tasks/${id}:subscribe`, { headers: { 'last-event-id': cursor, 'a2a-extensions': URI } });
      const stream = await resume('2');
      t.equal(stream.headers.get('a2a-extensions'), URI);
      const frames = await stream.rest();
      t.same(frames.map(brief), ['3 =answer.', '4 COMPLETED']);
      t.same(frames[1]?.data.statusUpdate.metadata, { [URI]: { seq: 4, epoch: 1, cursor: '4' } });
      t.same((await (await resume('3', 'POST')).rest()).map(brief), ['4 COMPLETED']);
      const body = { metadata: { [URI]: { cursor: '3' } } };
      const byBody = await server.open('POST', `/tasks/${id}:subscribe`, { headers: { 'a2a-extensions': URI }, body });
      t.same((await byBody.rest()).map(brief), ['4 COMPLETED'], 'the cursor as the extension has it');
      const bad = await server.ask('GET', `/tasks/${id}:subscribe`, { headers: { 'last-event-id': 'x' } });
      t.match([bad.status, bad.body.error.details[1].fieldViolations], [400, [{ field: 'Last-Event-ID' }]]);
    });

    t.test('a send-stream ends when input is asked for, a subscription stays; both stay in AUTH_REQUIRED (T4, T9, T12)', async (t) => {
      const server = await startRestServer(t, { http });
      const stream = await server.open('POST', '/message:stream', { body: { message: userMessage('question') } });
      const run = await server.nextRun();
      await run.rest('TASK_STATE_INPUT_REQUIRED', 'which?');
      t.same((await stream.rest()).map(brief), ['1 task SUBMITTED', '2 WORKING', '3 INPUT_REQUIRED']);
      const waiting = await server.open('GET', `/tasks/${run.taskId}:subscribe`);
      t.equal(brief(await waiting.next()), '3 task INPUT_REQUIRED');
      await server.ask('POST', `/tasks/${run.taskId}:cancel`);
      t.same((await waiting.rest()).map(brief), ['4 CANCELED']);

      const other = await server.open('POST', '/message:stream', { body: { message: userMessage('question') } });
      const second = await server.nextRun();
      await second.rest('TASK_STATE_AUTH_REQUIRED', 'log in');
      t.equal(brief(await other.next()), '1 task SUBMITTED');
      await server.ask('POST', `/tasks/${second.taskId}:cancel`);
      t.same((await other.rest()).map(brief), ['2 WORKING', '3 AUTH_REQUIRED', '4 CANCELED']);
    });

    t.test('what fails before the first event is an ordinary answer, later an error event with the same body (T1, T10)', async (t) => {
      const server = await startRestServer(t, { http, agents: { helper: agentSettings(), still: agentSettings({ streaming: false }) } });
      for (const [path, options] of [
        ['/message:stream', { agent: 'still', body: { message: userMessage('a') } }],
        ['/tasks/x:subscribe', { agent: 'still' }],
        ['/message:stream', { body: {} }],
        ['/tasks/x:subscribe', {}],
      ] as const) {
        const { status, headers } = await server.ask('POST', path, { ...options, headers: { accept: 'text/event-stream' } });
        t.ok(status === 400 || status === 404, path);
        t.equal(headers['content-type'], 'application/a2a+json');
      }
      const { id } = await server.submit('question');
      const stream = await server.open('GET', `/tasks/${id}:subscribe`);
      t.equal(brief(await stream.next()), '1 task SUBMITTED');
      server.store.outage = new Error('secret path /var/lib');
      server.live.gap();
      const failed = await stream.next();
      t.equal(failed?.event, 'error');
      t.same(failed?.data, {
        error: {
          code: 500,
          status: 'INTERNAL',
          message: 'Internal error',
          details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'INTERNAL', domain: 'hector' }],
        },
      });
      t.equal(await stream.next(), undefined);
    });

    t.test('silence is filled with comments (RE4)', async (t) => {
      const server = await startRestServer(t, { http, limits: { keepAliveMs: 30 } });
      const { id } = await server.submit('question');
      const client = new RawHttpClient(server.port).send(
        `GET /agents/helper/tasks/${id}:subscribe HTTP/1.1\r\nHost: h\r\nA2A-Version: 1.0\r\n\r\n`,
      );
      t.teardown(() => client.close());
      await t.resolves(client.until(({ text }) => text.split(': keep-alive\n\n').length > 3));
    });

    t.test('a client that leaves a stream lets go of the task, which goes on (T6, R6)', async (t) => {
      const server = await startRestServer(t, { http });
      const stream = await server.open('POST', '/message:stream', { body: { message: userMessage('question') } });
      await stream.next();
      t.equal(server.feed.size, 1);
      await stream.close();
      while (server.feed.size > 0) await new Promise(setImmediate);
      const run = await server.nextRun();
      await run.finish('answer');
      t.equal((await server.ask('GET', `/tasks/${run.taskId}`)).body.status.state, 'TASK_STATE_COMPLETED');
    });
  });
}
