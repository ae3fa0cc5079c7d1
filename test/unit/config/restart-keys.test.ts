import { join } from 'node:path';
import t from 'tap';
import type { JsonObject } from '../../../src/base/json.js';
import { loadSettings } from '../../../src/config/load-settings.js';
import { findRestartKeys } from '../../../src/config/restart-keys.js';

t.test('what a running process follows is not said to wait for a restart, and what it cannot follow is (CFG-96)', async (t) => {
  const folder = t.testdir({ home: {} });
  const load = (document: JsonObject) => loadSettings({ document, workingDirectory: folder, environment: { HOME: join(folder, 'home') } });
  const limits = { enabled: true, limits: [{ type: 'count', window: 'minute', limit: 9 }] };
  const started = load({ rate_limiting: limits });
  const keysOf = (document: JsonObject) => findRestartKeys(started, load(document));
  t.same(keysOf({ rate_limiting: { ...limits, limits: [{ type: 'count', window: 'hour', limit: 10 }], on_failure: 'refuse' } }), []);
  t.same(keysOf({ rate_limiting: { ...limits, max_active_runs: 3, scope: 'user' } }), []);
  t.same(keysOf({ rate_limiting: limits, server: { cors: { allowed_origins: ['https://a.example'], max_age: '1h' } } }), []);
  t.same(keysOf({ rate_limiting: limits, agents: { other: {} }, server: { auth: { require_auth: false } } }), []);
  t.same(keysOf({ rate_limiting: { ...limits, enabled: false } }), []);
  t.same(keysOf({ rate_limiting: { ...limits, backend: 'sql' } }), ['rate_limiting.backend']);
  const off = load({ rate_limiting: { ...limits, enabled: false, backend: 'sql' } });
  t.same(findRestartKeys(off, load({ rate_limiting: { ...limits, backend: 'sql' } })), ['rate_limiting.enabled'], 'no database is open');
  t.same(keysOf({ rate_limiting: limits, server: { port: 1, limits: { max_failed_logins: 1 } } }).toSorted(), [
    'server.limits.max_failed_logins',
    'server.port',
  ]);
});
