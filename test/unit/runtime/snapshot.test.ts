import t from 'tap';
import { systemClock } from '../../../src/base/clock.js';
import { AppError } from '../../../src/base/errors.js';
import { loadSettings } from '../../../src/config/load-settings.js';
import { silentLogger } from '../../../src/observe/log.js';
import { Runtime } from '../../../src/runtime/runtime.js';
import { createSnapshot, type SnapshotDependencies } from '../../../src/runtime/snapshot.js';
import { ToolsetPool } from '../../../src/runtime/toolset-pool.js';

t.test('a configuration whose later parts cannot be built holds nothing of the earlier ones (CFG-94)', async (t) => {
  const settings = loadSettings({
    overrides: { tools: { peer: { url: 'http://127.0.0.1:9/mcp' } }, agents: { helper: { type: 'custom', handler: 'nobody' } } },
    workingDirectory: t.testdir({}),
    environment: {},
  });
  const pool = new ToolsetPool({ clock: systemClock, log: silentLogger });
  let held = 0;
  const dependencies: SnapshotDependencies = {
    holdRetriever: () => {
      held += 1;
      const release = async () => {
        held -= 1;
      };
      return { retriever: { search: async () => [] }, release };
    },
    toolsets: pool,
    extensions: {},
    clock: systemClock,
    log: silentLogger,
  };
  const failure = new AppError('CONFIG_INVALID', { message: 'the last part is wrong' });
  const refuse = () => {
    throw failure;
  };
  await t.rejects(createSnapshot(settings, { ...dependencies, toolsets: { hold: refuse } as unknown as ToolsetPool }), failure);
  t.equal(held, 0, 'MCP servers that cannot be named');
  await t.rejects(createSnapshot(settings, { ...dependencies, createMemory: refuse }), failure);
  t.equal(held, 0, 'agents that cannot be built');
  t.same(pool.health(), []);
  const versions = { save: async () => refuse(), find: async () => undefined };
  await t.rejects(Runtime.start({ ...dependencies, settings, versions }), failure);
  t.equal(held, 0, 'a text that cannot be stored');
  t.same(pool.health(), []);
  const snapshot = await createSnapshot(settings, dependencies);
  t.equal(held, 1);
  await snapshot.close();
  t.equal(held, 0);
});
