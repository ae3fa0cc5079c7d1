import t from 'tap';
import { AppError } from '../../../src/base/errors.js';
import type { LiveConfig } from '../../../src/config/live-config.js';
import { loadSettings } from '../../../src/config/load-settings.js';
import type { AuditRecord } from '../../../src/observe/audit.js';
import { silentMetrics } from '../../../src/observe/meter.js';
import { ConfigReloader } from '../../../src/runtime/config-reloader.js';
import { recordLog } from '../../support/record-log.js';
import { createSteeredClock } from '../../support/steered-clock.js';

t.test('whoever tries to change the configuration is told to the audit, whatever comes of it (SEC-16)', async (t) => {
  const settings = loadSettings({ document: {}, workingDirectory: t.testdir(), environment: {} });
  const audited: AuditRecord[] = [];
  let revision = 1;
  const config: Pick<LiveConfig, 'place' | 'read' | 'build' | 'write' | 'fingerprintOf'> = {
    place: 'hector.yaml',
    read: async () => ({ text: '{}', revision: String(revision) }),
    build(text) {
      if (text.includes('wrong')) throw new AppError('CONFIG_INVALID');
      return settings;
    },
    write: async (text) => ({ text, revision: String(++revision) }),
    fingerprintOf: (stored) => stored.revision,
  };
  const reloader = new ConfigReloader({
    config: config as LiveConfig,
    started: settings,
    current: () => settings,
    prepare: async () => ({ store: async () => undefined, adopt: async () => undefined, drop: async () => undefined }),
    onVariables: () => undefined,
    metrics: silentMetrics,
    audit: { record: (act) => void audited.push(act), close() {} },
    clock: createSteeredClock(),
    log: recordLog().log,
  });
  const by = 'ann';
  await t.rejects(reloader.save('name: wrong', { expected: undefined, by }), { code: 'CONFIG_INVALID' });
  await t.rejects(reloader.save('server: {port: 1}', { expected: undefined, by }), { code: 'CONFIG_SERVER_LOCKED' });
  await t.rejects(reloader.save('name: late', { expected: '0', by }), { code: 'CONFIG_CHANGED' });
  await reloader.save('name: right', { expected: '1', by });
  const act = { action: 'config.save', user: 'ann' };
  t.same(audited, [
    { ...act, success: false, error: 'CONFIG_INVALID' },
    { ...act, success: false, error: 'CONFIG_SERVER_LOCKED' },
    { ...act, success: false, error: 'CONFIG_CHANGED' },
    { ...act, success: true },
  ]);
});

t.test('a change that was refused and is taken back is no failure any more (CFG-94)', async (t) => {
  const settings = loadSettings({ document: {}, workingDirectory: t.testdir(), environment: {} });
  let text = 'good';
  const { log, lines } = recordLog();
  const gauges: number[] = [];
  const config = {
    place: 'hector.yaml',
    refreshVariables: () => [],
    read: async () => ({ text, revision: text }),
    build(given: string) {
      if (given === 'good') return settings;
      throw new AppError('CONFIG_INVALID', { problems: [{ field: 'agents', description: 'two\nlines' }] });
    },
    fingerprintOf: ({ revision }: { readonly revision: string }) => revision,
  };
  const reloader = new ConfigReloader({
    config: config as unknown as LiveConfig,
    started: settings,
    current: () => settings,
    prepare: async () => t.fail('nothing has changed') as never,
    onVariables: () => undefined,
    metrics: { ...silentMetrics, set: (_name, _labels, value) => void gauges.push(value) },
    audit: { record() {}, close() {} },
    clock: createSteeredClock(),
    log,
  });
  await reloader.reload('start');
  text = 'bad';
  await reloader.reload('second look');
  t.match(reloader.status().failure, { code: 'CONFIG_INVALID' });
  t.equal(gauges.at(-1), 1);
  text = 'good';
  await reloader.reload('watch');
  t.equal(reloader.status().failure, undefined);
  t.equal(gauges.at(-1), 0);
  t.match(JSON.stringify(lines), /refused, the running one stays: [^;]*; agents: two lines/);
  t.match(JSON.stringify(lines), /good again/);
});
