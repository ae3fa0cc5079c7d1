import t from 'tap';
import { readQuery } from '../../src/a2a/rest-params.js';
import { startRestServer } from '../support/rest-rig.js';

t.test('query parameters are decoded and read by their fields, in either spelling (RE3, D6)', async (t) => {
  const fields = { contextId: 'text', pageSize: 'text', statusTimestampAfter: 'timestamp', includeArtifacts: 'boolean' } as const;
  const read = (query: string) => readQuery(new URLSearchParams(query), fields);
  t.same(read(''), {});
  t.same(read('contextId=a%20b%26%C3%A9+c&pageSize=7'), { contextId: 'a b&é c', pageSize: '7' });
  t.same(read('context_id=a&page_size=7&include_artifacts=true'), { contextId: 'a', pageSize: '7', includeArtifacts: true });
  t.same(read('includeArtifacts=false'), { includeArtifacts: false });
  t.same(read('statusTimestampAfter=2026-01-02T03:04:05.678Z'), { statusTimestampAfter: '2026-01-02T03:04:05.678Z' });
  for (const offset of ['+', '%2B'])
    t.same(read(`statusTimestampAfter=2026-01-02T03:04:05${offset}02:00`), { statusTimestampAfter: '2026-01-02T03:04:05+02:00' });
  t.same(read('unknown=1&contextid=x&__proto__=y&constructor=z'), {}, 'unknown ones are passed over');
  t.same(read('includeArtifacts=yes'), { includeArtifacts: 'yes' }, 'what is wrong is left to the reader, which names it');
  t.same(read('pageSize=1&pageSize=2&contextId=a&context_id=b'), { pageSize: ['1', '2'], contextId: ['a', 'b'] });
});

for (const http of ['uws', 'node'] as const) {
  t.test(`a query is refused by name or followed, over ${http} (RE3, D5, K1, E4)`, async (t) => {
    const server = await startRestServer(t, { http });
    const { id } = await server.submit('question');
    await (await server.run(id)).rest('TASK_STATE_INPUT_REQUIRED', 'which?');
    const history = async (query: string) => (await server.ask('GET', `/tasks/${id}?${query}`)).body.history?.length;
    t.equal(await history(''), 1);
    t.equal(await history('historyLength=0'), undefined);
    t.equal(await history('history_length=0'), undefined);
    t.equal(await history('%68istoryLength=%30'), undefined);
    t.equal(await history('historyLength=5&includeArtifacts=maybe&&=&x'), 1);
    for (const query of [
      'historyLength=-1',
      'historyLength=',
      'historyLength=1.5',
      'historyLength=99999999999',
      'historyLength=1&historyLength=1',
    ]) {
      const { status, body } = await server.ask('GET', `/tasks/${id}?${query}`);
      t.equal(status, 400, query);
      t.match(body.error.details[1], {
        '@type': 'type.googleapis.com/google.rpc.BadRequest',
        fieldViolations: [{ field: 'historyLength', description: /^must be an integer from 0/ }],
      });
    }
    t.match((await server.ask('GET', `/tasks/${id}?tenant=a&tenant=b`)).body.error.details[1].fieldViolations, [{ field: 'tenant' }]);
    t.equal((await server.ask('POST', `/tasks/${id}:cancel?historyLength=x`)).status, 200, 'a POST has its fields in the body');
  });
}
