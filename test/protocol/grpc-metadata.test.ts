/** Service parameters as gRPC metadata, and the tenant that names the agent. */
import { status } from '@grpc/grpc-js';
import t from 'tap';
import { createAgentCards } from '../../src/a2a/agent-cards.js';
import { grpcBinding, JSON_RPC_BINDING } from '../../src/a2a/supported-interfaces.js';
import { METHOD_NAMES, startGrpcRig, wireOf } from '../support/grpc-rig.js';
import { startProtocolServer, userMessage } from '../support/protocol-server.js';
import { agentSettings, serverSettings } from '../support/test-settings.js';

const URI = 'urn:hector:extension:reliable-stream:v1';

t.test('the version comes as metadata; others than 1.0 are refused on every method (GR2, V1, V2, V3, V4)', async (t) => {
  const rig = await startGrpcRig(t);
  for (const version of [undefined, '', '0.3', '2.0', '1.1', 'x']) {
    for (const method of METHOD_NAMES) {
      const reply = await rig.callRaw(wireOf(method).path, Buffer.alloc(0), { metadata: { 'a2a-version': version } });
      t.equal(reply.code, status.FAILED_PRECONDITION, `${method} ${version}`);
      t.equal(reply.details[0]?.['reason'], 'VERSION_NOT_SUPPORTED');
    }
  }
  for (const version of ['1.0', '1.0.1']) {
    t.equal(
      (await rig.call('GetTask', { id: 'a' }, { metadata: { 'A2A-Version': version, 'a2a-version': undefined } })).code,
      status.NOT_FOUND,
    );
  }
  const lenient = await startGrpcRig(t, { server: { a2a: { assumeVersion: '1.0', closeOnInputRequired: true } } });
  t.equal((await lenient.call('GetTask', { id: 'a' }, { metadata: { 'a2a-version': undefined } })).code, status.NOT_FOUND);
  t.equal((await lenient.call('GetTask', { id: 'a' }, { metadata: { 'a2a-version': '0.3' } })).code, status.FAILED_PRECONDITION);
});

t.test('activated extensions are told in the head of the answer, or with the error; unknown ones are ignored (GR2, H1, H2)', async (t) => {
  const rig = await startGrpcRig(t);
  const { id } = await rig.server.submit('question');
  for (const wanted of [URI, `urn:other, ${URI}`, ['urn:other', URI]]) {
    const metadata = { 'A2A-Extensions': wanted };
    t.same((await rig.call('GetTask', { id }, { metadata })).headers.get('a2a-extensions'), [URI]);
    t.same((await rig.call('GetTask', { id: 'none' }, { metadata })).trailers.get('a2a-extensions'), [URI]);
    const stream = rig.stream('SubscribeToTask', { id }, { metadata });
    t.same((await stream.headers).get('a2a-extensions'), [URI]);
    const { task } = await stream.next();
    t.same(task.metadata, { [URI]: { seq: 1, epoch: 0, cursor: '1' } });
    stream.call.cancel();
  }
  const plain = await rig.call('GetTask', { id }, { metadata: { 'a2a-extensions': 'urn:other' } });
  t.same(plain.headers.get('a2a-extensions'), []);
});

t.test('the tenant names the agent and what is left of it routes on (U1, GR1, AC8)', async (t) => {
  const agents = { first: agentSettings({ visibility: 'internal' }), helper: agentSettings(), other: agentSettings() };
  const rig = await startGrpcRig(t, { agents });
  const send = async (tenant: string) => {
    const message = userMessage('question');
    const { body } = await rig.call('SendMessage', { tenant, message, configuration: { returnImmediately: true } });
    return (await rig.server.store.find(body.task.id, 'local')) as { id: string; agent: string; tenant: string };
  };
  const stored = [];
  for (const tenant of ['', 'helper', 'other', 'helper/acme', 'helper/acme/eu', '/acme', 'helper/']) stored.push(await send(tenant));
  t.same(
    stored.map(({ agent, tenant }) => [agent, tenant]),
    [
      ['helper', ''],
      ['helper', ''],
      ['other', ''],
      ['helper', 'acme'],
      ['helper', 'acme/eu'],
      ['helper', 'acme'],
      ['helper', ''],
    ],
  );
  const id = stored[3]?.id as string;
  const reaches = async (tenant: string) => (await rig.call('GetTask', { tenant, id })).code === status.OK;
  t.same(
    [
      await reaches('helper/acme'),
      await reaches('/acme'),
      await reaches('helper'),
      await reaches(''),
      await reaches('other/acme'),
      await reaches('helper/b'),
    ],
    [true, true, false, false, false, false],
    'a task of another tenant or agent does not exist',
  );
  t.equal((await rig.call('CancelTask', { tenant: 'helper/b', id })).code, status.NOT_FOUND);
  t.equal((await rig.stream('SubscribeToTask', { tenant: 'helper/b', id }).ended).code, status.NOT_FOUND);
  const message = userMessage('more', { taskId: id });
  t.equal((await rig.call('SendMessage', { tenant: 'helper/b', message })).code, status.NOT_FOUND);
  t.match((await rig.call('GetTask', { tenant: 'x'.repeat(100_000), id })).message, /^Agent 'x{80}' not found$/);

  const { server } = rig;
  t.equal((await server.call('GetTask', { tenant: 'acme', id })).body.result.id, id, 'and so it is over JSON-RPC');
  t.equal((await server.call('GetTask', { id })).body.error.code, -32001);
  t.equal((await server.call('SendMessage', { message })).body.error.code, -32001);
});

t.test('without a public agent a call has to name one (U1, E7)', async (t) => {
  const rig = await startGrpcRig(t, { agents: { inner: agentSettings({ visibility: 'internal' }) } });
  const reply = await rig.call('GetTask', { id: 'a' });
  t.equal(reply.code, status.NOT_FOUND);
  t.match(reply.message, /tenant/);
  t.equal((await rig.call('GetTask', { tenant: 'inner', id: 'a' })).details[0]?.['reason'], 'TASK_NOT_FOUND');
});

t.test('cards list the gRPC interface as host:port with the agent as tenant (AC9, AC10, AC11, AC12, U1)', async (t) => {
  const interfaces = async (grpcPort: number | undefined, baseUrl: string, grpcPublicAddress = '') => {
    const { dependencies } = startProtocolServer(t, { server: serverSettings({ grpcPublicAddress }) });
    const { settings, clock } = dependencies;
    const bindings = [
      JSON_RPC_BINDING,
      ...(grpcPort === undefined ? [] : [grpcBinding(grpcPort, () => settings().server.grpcPublicAddress)]),
    ];
    const cards = createAgentCards({ settings, version: '1', bindings: () => bindings, clock });
    return (await cards.getCard('helper', agentSettings(), baseUrl)).supportedInterfaces;
  };
  const grpcOf = (all: readonly { protocolBinding: string }[]) => all.filter(({ protocolBinding }) => protocolBinding === 'GRPC');
  t.same(grpcOf(await interfaces(undefined, 'http://a.example')), []);
  const all = await interfaces(50051, 'http://a.example:8080/x');
  t.equal(all[0]?.protocolBinding, 'JSONRPC', 'preferred');
  t.same(grpcOf(all), [{ url: 'a.example:50051', protocolBinding: 'GRPC', tenant: 'helper', protocolVersion: '1.0' }]);
  t.match(grpcOf(await interfaces(50051, 'http://[::1]:80')), [{ url: '[::1]:50051' }]);
  t.match(grpcOf(await interfaces(50051, 'https://a.example', 'grpc.example:443')), [{ url: 'grpc.example:443' }]);
});
