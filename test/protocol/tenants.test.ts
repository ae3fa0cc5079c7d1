import t from 'tap';
import { startProtocolServer, userMessage } from '../support/protocol-server.js';

const immediately = { returnImmediately: true };

t.test('a task of another tenant does not exist: reading, canceling, subscribing, continuing (U1, K2, N2, T8, S6)', async (t) => {
  const server = startProtocolServer(t);
  const { body } = await server.call('SendMessage', { tenant: 'acme', message: userMessage('question'), configuration: immediately });
  const { id } = body.result.task;
  const others = [{}, { tenant: '' }, { tenant: null }, { tenant: 'other' }, { tenant: 'Acme' }];
  for (const tenant of others) {
    for (const method of ['GetTask', 'CancelTask', 'SubscribeToTask']) {
      t.equal((await server.call(method, { ...tenant, id })).body.error.code, -32001, `${method} with ${JSON.stringify(tenant)}`);
    }
    const further = { ...tenant, message: userMessage('more', { taskId: id }) };
    t.equal((await server.call('SendMessage', further)).body.error.code, -32001);
  }
  t.equal((await server.call('GetTask', { tenant: 'acme', id })).body.result.id, id);
  const stream = await server.stream('SubscribeToTask', { tenant: 'acme', id });
  t.equal((await stream.next())?.data.result.task.id, id);
  await stream.close();
  t.equal((await server.call('CancelTask', { tenant: 'acme', id })).body.result.status.state, 'TASK_STATE_CANCELED');
});

t.test('a waiting task goes on for its own tenant (U1, M7)', async (t) => {
  const server = startProtocolServer(t);
  const sent = server.call('SendMessage', { tenant: 'acme', message: userMessage('question') });
  const run = await server.nextRun();
  await run.rest('TASK_STATE_INPUT_REQUIRED', 'which one?');
  await sent;
  const further = { tenant: 'acme', message: userMessage('that one', { taskId: run.taskId }), configuration: immediately };
  t.equal((await server.call('SendMessage', further)).body.result.task.id, run.taskId);
});

t.test('a tenant that is no text is refused, by every method (U1, E6)', async (t) => {
  const server = startProtocolServer(t);
  for (const tenant of [7, ['acme'], { name: 'acme' }, 'x'.repeat(513), 'a\0']) {
    for (const [method, params] of [
      ['GetTask', { id: 'x' }],
      ['CancelTask', { id: 'x' }],
      ['SubscribeToTask', { id: 'x' }],
      ['SendMessage', { message: userMessage('hi') }],
    ] as const) {
      const { error } = (await server.call(method, { ...params, tenant })).body;
      t.equal(error.code, -32602, `${method} ${JSON.stringify(tenant).slice(0, 20)}`);
      t.match(error.message, 'tenant');
    }
  }
});
