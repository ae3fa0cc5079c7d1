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

t.test('a segment may end in a fixed text, and a pattern may refuse what it would take', async (t) => {
  const findVerb = createRouter([
    { method: 'POST', pattern: '/tasks/{id}:cancel', handle: 'cancel' },
    { method: 'GET', pattern: '/tasks/{id}', handle: 'task' },
    { method: 'GET', pattern: '/{tenant}/tasks', accepts: ({ tenant }) => tenant !== 'tasks', handle: 'tenant' },
  ]);
  t.match(findVerb('POST', '/tasks/a:b:cancel'), { route: { handle: 'cancel' }, parameters: { id: 'a:b' } });
  t.match(findVerb('POST', '/tasks/a%3Acancel'), { route: { handle: 'cancel' }, parameters: { id: 'a' } });
  t.match(findVerb('GET', '/tasks/a:b'), { route: { handle: 'task' }, parameters: { id: 'a:b' } });
  t.match(findVerb('GET', '/tasks/:cancel'), { route: { handle: 'task' }, parameters: { id: ':cancel' } }, 'a name is never empty');
  t.match(findVerb('GET', '/acme/tasks'), { route: { handle: 'tenant' }, parameters: { tenant: 'acme' } });
  t.match(findVerb('GET', '/tasks/tasks'), { route: { handle: 'task' } }, 'the first that fits');
  const refusing = createRouter([{ method: 'GET', pattern: '/{tenant}/x', accepts: ({ tenant }) => tenant !== 'tasks', handle: '' }]);
  t.equal(refusing('PUT', '/tasks/x').type, 'unknown-path', 'of no method');
});

t.test('a segment named like a property of every object is an ordinary name', async (t) => {
  t.match(find('GET', '/agents/__proto__'), { type: 'found', parameters: { name: '__proto__' } });
  t.equal(find('GET', '/constructor').type, 'unknown-path');
});
