import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type Audit, type AuditRecord, createAudit } from '../../../src/observe/audit.js';
import { recordLog } from '../../support/record-log.js';

function open(options: { readonly enabled: boolean; readonly file: string }) {
  const { log, lines } = recordLog();
  const clock = { at: 0, now: () => 1_700_000_000_000, monotonic: () => clock.at };
  const audit: Audit = createAudit({ ...options, clock, log });
  return { audit, clock, logged: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

t.test('an act is one line of JSON of one shape (SEC-16, W-108)', async (t) => {
  const file = join(t.testdir({}), 'audit', 'a.log');
  const { audit } = open({ enabled: true, file });
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

t.test('a caller that comes in is one line every quarter of an hour, whoever is refused one each time (SEC-16)', async (t) => {
  const file = join(t.testdir({}), 'a.log');
  const { audit, clock } = open({ enabled: true, file });
  const come = (change: Partial<AuditRecord> = {}) =>
    audit.record({ action: 'auth.authenticate', user: 'ada', success: true, credential: 'token', remoteAddress: '192.0.2.1', ...change });
  come();
  come();
  come({ remoteAddress: '192.0.2.2' });
  clock.at = 15 * 60 * 1000;
  come();
  come({ success: false, user: '', error: 'expired' });
  come({ success: false, user: '', error: 'expired' });
  audit.close();
  t.same(
    readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
      .map(({ user, success, remote_address }) => [user, success, remote_address]),
    [
      ['ada', true, '192.0.2.1'],
      ['ada', true, '192.0.2.2'],
      ['ada', true, '192.0.2.1'],
      ['', false, '192.0.2.1'],
      ['', false, '192.0.2.1'],
    ],
  );
});

t.test('off, it opens nothing, and the log is told of refusals: of each address and reason once a minute (SEC-16)', async (t) => {
  const file = join(t.testdir({}), 'a.log');
  const { audit, clock, logged } = open({ enabled: false, file });
  audit.record({ action: 'error', user: '', success: false });
  audit.record({ action: 'auth.authenticate', user: 'ada', success: true });
  audit.record({ action: 'agent.request', user: 'ada', success: false });
  t.same(logged(), []);
  const refuse = (error: string) =>
    audit.record({ action: 'auth.authenticate', user: '', success: false, error, credential: 'token', remoteAddress: '192.0.2.1' });
  for (const error of ['expired', 'expired', 'audience']) refuse(error);
  clock.at = 60_000;
  refuse('expired');
  t.match(logged(), [
    { level: 40, component: 'audit', action: 'auth.authenticate', user: '', success: false, error: 'expired', remote_address: '192.0.2.1' },
    { error: 'audience' },
    { error: 'expired' },
  ]);
  t.equal(logged().length, 3);
  t.throws(() => readFileSync(file));
});
