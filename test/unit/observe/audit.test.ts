import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import t from 'tap';
import { createAudit } from '../../../src/observe/audit.js';

const fail = (t: Test) => (error: unknown) => void t.fail(String(error));

t.test('an act is one line of JSON of one shape (SEC-16)', async (t) => {
  const file = join(t.testdir({}), 'audit', 'a.log');
  const audit = createAudit({ enabled: true, file }, () => 1_700_000_000_000, fail(t));
  audit.record({ action: 'auth.authenticate', user: '', success: false, remoteAddress: '10.0.0.1', error: 'ACCESS_UNAUTHENTICATED' });
  audit.record({ action: 'tool.run', user: 'ada\nforged', success: true, agent: 'a', tool: 'search', taskId: 't', callId: 'c' });
  audit.record({ action: 'agent.request', user: 'Bearer abc-123', success: true });
  audit.close();
  audit.close();
  audit.record({ action: 'error', user: 'late', success: false });
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  t.same(
    lines.map((line) => JSON.parse(line)),
    [
      {
        timestamp: '2023-11-14T22:13:20.000Z',
        level: 'warn',
        component: 'audit',
        action: 'auth.authenticate',
        user: '',
        success: false,
        error: 'ACCESS_UNAUTHENTICATED',
        remote_address: '10.0.0.1',
      },
      {
        timestamp: '2023-11-14T22:13:20.000Z',
        level: 'info',
        component: 'audit',
        action: 'tool.run',
        user: 'ada\nforged',
        success: true,
        agent: 'a',
        tool: 'search',
        task_id: 't',
        call_id: 'c',
      },
      {
        timestamp: '2023-11-14T22:13:20.000Z',
        level: 'info',
        component: 'audit',
        action: 'agent.request',
        user: 'Bearer [redacted]',
        success: true,
      },
    ],
  );
});

t.test('off, it opens nothing', async (t) => {
  const file = join(t.testdir({}), 'a.log');
  createAudit({ enabled: false, file }, Date.now, fail(t)).record({ action: 'error', user: '', success: false });
  t.throws(() => readFileSync(file));
});
