import t from 'tap';
import { createRouter } from '../../../src/http/router.js';

const find = createRouter([
  { method: 'GET', pattern: '/', handle: 'root' },
  { method: 'GET', pattern: '/agents', handle: 'list' },
  { method: 'GET', pattern: '/agents/{name}', handle: 'card' },
  { method: 'POST', pattern: '/agents/{name}', handle: 'call' },
]);

t.test('a path is found by its decoded segments, one trailing slash ignored', async (t) => {
  t.match(find('GET', '/'), { type: 'found', route: { handle: 'root' } });
  t.match(find('GET', '/agents/'), { route: { handle: 'list' } });
  t.match(find('HEAD', '/%61gents'), { route: { handle: 'list' } });
  t.match(find('POST', '/agents/a%2Fb%20c'), { route: { handle: 'call' }, parameters: { name: 'a/b c' } });
});

t.test('what is not in the table is not found', async (t) => {
  for (const path of ['//', '/agents//', '/agents//x', '/agents/a/b', '/Agents', '/agentsx', '/agents/a//'])
    t.equal(find('GET', path).type, 'unknown-path', path);
  t.same(find('PUT', '/agents/a'), { type: 'wrong-method', pattern: '/agents/{name}', allow: 'GET, HEAD, POST, OPTIONS' });
  t.equal(find('GET', '/agents/%C3').type, 'malformed-path');
});

t.test('a segment named like a property of every object is an ordinary name', async (t) => {
  t.match(find('GET', '/agents/__proto__'), { type: 'found', parameters: { name: '__proto__' } });
  t.equal(find('GET', '/constructor').type, 'unknown-path');
});
