/** Ten thousand calls that no client would make: none may crash, hang, or be answered as a fault of the server. */
import { type ClientHttp2Session, connect } from 'node:http2';
import { status } from '@grpc/grpc-js';
import t from 'tap';
import { encodeRequest, METHOD_NAMES, type MethodName, Ready, startGrpcRig, wireOf } from '../support/grpc-rig.js';
import { userMessage } from '../support/protocol-server.js';
import { createRandom } from '../support/random.js';
import { agentSettings } from '../support/test-settings.js';

const AT_ONCE = 50;
const { next: random, pick, chance } = createRandom(20_261_122);

const TEXTS = [
  '',
  'a',
  'helper',
  'helper/x',
  '/',
  '//',
  'nothing',
  '\u0000',
  '\ud800',
  '\u{1F600}'.repeat(300),
  'x'.repeat(5000),
  '../../etc',
  '%00',
  '1.0',
];
const NUMBERS = [0, -1, 1, 7, 101, 2 ** 31 - 1, -(2 ** 31), 99];

function freeJson(depth = 0): unknown {
  const kind = Math.floor(random() * (depth > 4 ? 5 : 7));
  if (kind < 5) return [null, chance(0.5), pick([0, -0, 1e308, Number.NaN, Number.POSITIVE_INFINITY]), pick(TEXTS), undefined][kind];
  const size = Math.floor(random() * 4);
  if (kind === 5) return Array.from({ length: size }, () => freeJson(depth + 1));
  return Object.fromEntries(
    Array.from({ length: size }, () => [pick([...TEXTS, 'constructor', 'toString', 'hasOwnProperty']), freeJson(depth + 1)]),
  );
}

const metadata = () => (chance(0.7) ? undefined : { [pick(TEXTS)]: freeJson(1) });
const texts = () => Array.from({ length: chance(0.05) ? 300 : Math.floor(random() * 3) }, () => pick(TEXTS));

function part() {
  const contents = [
    undefined,
    { $case: 'text', value: pick(TEXTS) },
    { $case: 'raw', value: Buffer.from(pick(TEXTS)) },
    { $case: 'url', value: pick(TEXTS) },
    { $case: 'data', value: freeJson() },
  ];
  return { content: pick(contents), metadata: metadata(), filename: pick(TEXTS), mediaType: pick([...TEXTS, 'text/plain', '*/*', ';;']) };
}

function structuredRequest(method: MethodName, taskIds: readonly string[]): unknown {
  const tenant = chance(0.8) ? '' : pick(TEXTS);
  const id = chance(0.5) ? pick(taskIds) : pick(TEXTS);
  const pushConfig = {
    tenant,
    id: pick(TEXTS),
    taskId: id,
    url: pick(TEXTS),
    token: pick(TEXTS),
    authentication: chance(0.5) ? undefined : { scheme: pick(TEXTS), credentials: '' },
  };
  switch (method) {
    case 'SendMessage':
    case 'SendStreamingMessage': {
      const message = {
        ...{
          messageId: chance(0.5) ? pick(TEXTS) : `m${random()}`,
          contextId: chance(0.8) ? '' : pick(TEXTS),
          taskId: chance(0.7) ? '' : id,
        },
        ...{ role: pick([...NUMBERS, 1, 1, 1]), parts: Array.from({ length: chance(0.03) ? 150 : Math.floor(random() * 4) }, part) },
        ...{ metadata: metadata(), extensions: texts(), referenceTaskIds: texts() },
      };
      const configuration = {
        ...{ acceptedOutputModes: chance(0.8) ? [] : texts(), taskPushNotificationConfig: chance(0.9) ? undefined : pushConfig },
        ...{ historyLength: chance(0.5) ? undefined : pick(NUMBERS), returnImmediately: true },
      };
      return { tenant, message: chance(0.05) ? undefined : message, configuration, metadata: metadata() };
    }
    case 'ListTasks':
      return {
        ...{
          tenant,
          contextId: pick(TEXTS),
          status: pick(NUMBERS),
          pageSize: pick(NUMBERS),
          pageToken: pick(TEXTS),
          historyLength: pick(NUMBERS),
        },
        ...{ statusTimestampAfter: chance(0.5) ? undefined : '2026-01-01T00:00:00Z', includeArtifacts: chance(0.5) },
      };
    default:
      return {
        ...pushConfig,
        id,
        historyLength: chance(0.5) ? undefined : pick(NUMBERS),
        metadata: metadata(),
        pageSize: pick(NUMBERS),
        pageToken: pick(TEXTS),
      };
  }
}

/** Bit flips, cuts, insertions, repetitions; or bytes that never were a request. */
function mangled(bytes: Buffer): Buffer {
  if (chance(0.2)) return Buffer.from(Array.from({ length: Math.floor(random() * 200) }, () => Math.floor(random() * 256)));
  let result = Buffer.from(bytes);
  for (let count = 0; count < 1 + Math.floor(random() * 4); count++) {
    const at = Math.floor(random() * (result.length + 1));
    const kind = Math.floor(random() * 4);
    if (kind === 0 && at < result.length) result[at] = Math.floor(random() * 256);
    else if (kind === 1) result = result.subarray(0, at);
    else if (kind === 2)
      result = Buffer.concat([result.subarray(0, at), Buffer.from([Math.floor(random() * 256), 0xff]), result.subarray(at)]);
    else result = Buffer.concat([result, result.subarray(at)]);
  }
  return result;
}

/** For the events or the end of a task that nobody runs. */
const MAY_WAIT: readonly MethodName[] = ['SendMessage', 'SendStreamingMessage', 'SubscribeToTask'];
const METADATA = ['1.0', '1.0', '1.0', '1.0.9', '', '0.3', 'x'.repeat(2000), '1.0, 1.0'];

t.test("ten thousand malformed calls are refused as the client's mistakes, and the server goes on (E6, Z4, GR1)", async (t) => {
  const rig = await startGrpcRig(t, { agents: { helper: agentSettings({ inputModes: ['*/*'] }) } });
  const taskIds: string[] = [];
  for (let count = 0; count < 5; count++) taskIds.push((await rig.server.submit('question')).id);
  const seen = new Map<string, number>();
  const one = async (round: number) => {
    const method = pick(METHOD_NAMES);
    const request = encodeRequest(method, new Ready(structuredRequest(method, taskIds)));
    const bytes = round % 2 === 0 ? request : mangled(request);
    const extensions = {
      'a2a-extensions': pick(['', 'urn:hector:extension:reliable-stream:v1', ',,,', 'x'.repeat(500)]),
      'last-event-id': pick(['', '1', '-1', '2.1', 'x', '9'.repeat(40)]),
    };
    // What opens a stream, or waits for a task that nobody runs, is ended by its deadline.
    const reply = await rig.callRaw(wireOf(method).path, bytes, {
      metadata: { 'a2a-version': pick(METADATA), ...extensions },
      deadlineMs: MAY_WAIT.includes(method) ? 400 : 10_000,
    });
    const name = status[reply.code] as string;
    seen.set(name, (seen.get(name) ?? 0) + 1);
    if (name === 'DEADLINE_EXCEEDED' && !MAY_WAIT.includes(method)) t.fail(`${method} hangs: ${bytes.toString('hex').slice(0, 400)}`);
    if (['INTERNAL', 'UNKNOWN', 'UNAVAILABLE', 'DATA_LOSS'].includes(name))
      t.fail(`${method} ${name}: ${reply.message} ${bytes.toString('hex').slice(0, 400)}`);
  };
  for (let round = 0; round < 10_000; round += AT_ONCE)
    await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => one(round + index)));
  t.comment(JSON.stringify(Object.fromEntries(seen)));
  for (const name of ['OK', 'NOT_FOUND', 'INVALID_ARGUMENT', 'FAILED_PRECONDITION'])
    t.ok((seen.get(name) ?? 0) > 100, `${name}: ${seen.get(name)}`);
  const message = userMessage('still here');
  t.equal((await rig.call('SendMessage', { message, configuration: { returnImmediately: true } })).code, status.OK);
  t.ok(rig.server.live.subscriptions < AT_ONCE, 'nothing is left behind');
});

t.test('frames that are no gRPC end their own stream, not the server (Z4)', async (t) => {
  const rig = await startGrpcRig(t);
  const session = connect(`http://127.0.0.1:${rig.front.port}`);
  t.teardown(() => session.destroy());
  session.on('error', () => {});
  for (let round = 0; round < 300; round++) {
    const head = {
      ':method': pick(['POST', 'GET', 'PUT']),
      ':path': pick(['/lf.a2a.v1.A2AService/GetTask', '/lf.a2a.v1.A2AService/SubscribeToTask', '/', '/x']),
      'content-type': pick(['application/grpc', 'application/grpc+proto', 'application/json', 'text/html']),
      'a2a-version': '1.0',
      ...(chance(0.2) ? { 'grpc-encoding': pick(['gzip', 'deflate', 'zstd']) } : {}),
    };
    const prefix = Buffer.from([chance(0.2) ? 1 : 0, 0, 0, 0, Math.floor(random() * 40)]);
    await exchange(session, head, Buffer.concat([prefix, mangled(Buffer.from('0a0474657374', 'hex'))]));
  }
  t.equal((await rig.call('GetTask', { id: 'a' })).code, status.NOT_FOUND);
});

/** Resolves when the stream has ended in whatever way, or has given no answer for a while and was let go. */
function exchange(session: ClientHttp2Session, head: Record<string, string>, body: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const request = session.request(head);
    request.on('error', () => {});
    request.once('close', () => resolve());
    request.setTimeout(200, () => request.close());
    request.resume();
    request.end(body);
  });
}
