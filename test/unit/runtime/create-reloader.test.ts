import t from 'tap';
import { AppError } from '../../../src/base/errors.js';
import type { LiveConfig } from '../../../src/config/live-config.js';
import { loadSettings } from '../../../src/config/load-settings.js';
import { silentMetrics } from '../../../src/observe/meter.js';
import { redactText } from '../../../src/observe/redact.js';
import { createReloader } from '../../../src/runtime/create-reloader.js';
import type { CurrentKnowledge } from '../../../src/runtime/current-knowledge.js';
import type { Runtime } from '../../../src/runtime/runtime.js';
import type { ToolsetPool } from '../../../src/runtime/toolset-pool.js';
import { recordLog } from '../../support/record-log.js';
import { createSteeredClock } from '../../support/steered-clock.js';

t.test('secrets of a configuration that is refused are shown by nothing that is told of it (SEC-17)', async (t) => {
  const settingsOf = (key: string) =>
    loadSettings({
      document: { llms: { default: { provider: 'openai', api_key: key } } },
      workingDirectory: t.testdir(),
      environment: {},
    });
  const running = settingsOf('words of the running one');
  const next = settingsOf('words of the refused one');
  const shown: string[] = [];
  const reloader = createReloader({
    config: {
      place: 'hector.yaml',
      refreshVariables: () => [],
      read: async () => ({ text: '{}', revision: '1' }),
      build: () => next,
      fingerprintOf: () => '1',
    } as unknown as LiveConfig,
    watches: false,
    runtime: {
      current: { settings: running },
      async prepare() {
        shown.push(redactText('asked with words of the refused one'));
        throw new AppError('CONFIG_INVALID', { message: 'the server behind it says no to words of the refused one' });
      },
    } as unknown as Runtime,
    knowledge: {} as CurrentKnowledge,
    toolsets: {} as ToolsetPool,
    isAgent: true,
    metrics: silentMetrics,
    audit: { record() {}, close() {} },
    clock: createSteeredClock(),
    log: recordLog().log,
  });
  await reloader?.reload('signal');
  t.match(reloader?.status().failure, { code: 'CONFIG_INVALID' });
  t.same(shown, ['asked with [redacted]']);
  t.equal(redactText('words of the running one'), '[redacted]', 'also what was known before');
});
