/** ListTasks over HTTP+JSON and gRPC: the same pages, the same refusals. */
import t from 'tap';
import { startGrpcRig } from '../support/grpc-rig.js';
import { startRestServer } from '../support/rest-rig.js';

t.test('GET /tasks lists with query parameters, and refuses by name (L2, L4, L5, L6, L7, RE3, U1)', async (t) => {
  const server = await startRestServer(t, { http: 'node' });
  const ids: string[] = [];
  for (let index = 0; index < 3; index++) ids.push((await server.submit(`question ${index}`)).id);
  const other = await server.submit('of a tenant', { tenant: 'acme' });
  const list = async (query: string, prefix = '') => (await server.ask('GET', `${prefix}/tasks${query}`)).body;
  const first = await list('?pageSize=2&includeArtifacts=true');
  t.match(first, { pageSize: 2, totalSize: 3, tasks: [{ artifacts: [] }, { artifacts: [] }] });
  const second = await list(`?page_size=2&pageToken=${first.nextPageToken}`);
  t.equal(second.nextPageToken, '');
  t.notOk('artifacts' in second.tasks[0]);
  t.same([...first.tasks, ...second.tasks].map(({ id }) => id).sort(), ids.sort());
  t.same(await list('?status=TASK_STATE_FAILED'), { tasks: [], nextPageToken: '', pageSize: 50, totalSize: 0 });
  t.equal((await list('?statusTimestampAfter=2020-01-01T00:00:00%2B02:00')).totalSize, 3);
  t.match((await list('', '/acme')).tasks, [{ id: other.id }]);
  const refused = await server.ask('GET', '/tasks?pageSize=150&historyLength=-1&status=x');
  t.equal(refused.status, 400);
  t.match(refused.body.error.details[1].fieldViolations, [{ field: 'status' }, { field: 'pageSize' }, { field: 'historyLength' }]);
});

t.test('gRPC lists the same (L2, L4, L5, L7, GR1, U1)', async (t) => {
  const rig = await startGrpcRig(t);
  const ids: string[] = [];
  for (let index = 0; index < 3; index++) ids.push((await rig.server.submit(`question ${index}`)).id);
  const first = await rig.call('ListTasks', { pageSize: 2 });
  t.match(first.body, { pageSize: 2, totalSize: 3 });
  const second = await rig.call('ListTasks', { pageSize: 2, pageToken: first.body.nextPageToken });
  t.same([...first.body.tasks, ...second.body.tasks].map(({ id }: { id: string }) => id).sort(), ids.sort());
  t.equal((await rig.call('ListTasks', { tenant: 'helper/acme' })).body.totalSize ?? 0, 0);
  t.equal((await rig.call('ListTasks', { status: 'TASK_STATE_CANCELED' })).body.totalSize ?? 0, 0);
  t.not((await rig.call('ListTasks', { pageSize: 0 })).code, 0);
});
