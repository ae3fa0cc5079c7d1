import t from 'tap';
import { silentLogger } from '../../../../../../src/observe/log.js';
import { type IndexBuildSteps, IndexBuilds } from '../../../../../../src/providers/vector-stores/adapters/hnsw/index-builds.js';
import type { IndexBuildJob, IndexBuilt } from '../../../../../../src/threads/messages.js';

/** What the steps do is recorded; a build ends when the test says so. */
function steps(overrides: Partial<IndexBuildSteps> = {}) {
  const did: string[] = [];
  const ends: ((outcome: 'built' | Error) => void)[] = [];
  let planned = 0;
  const all: IndexBuildSteps = {
    plan: async () => ({ id: `job ${++planned}` }) as IndexBuildJob,
    build: (job) => {
      did.push(`build ${job.id}`);
      return new Promise((resolve, reject) => ends.push((outcome) => (outcome === 'built' ? resolve({} as IndexBuilt) : reject(outcome))));
    },
    adopt: async (id) => {
      did.push(`adopt ${id}`);
      return { unindexed: planned === 1 ? 50 : 5, isBuildDue: planned === 1 };
    },
    abandon: async (id) => {
      did.push(`abandon ${id}`);
      return undefined;
    },
    save: async () => {
      did.push('save');
      return undefined;
    },
    ...overrides,
  };
  const end = async (outcome: 'built' | Error) => {
    while (ends.length === 0) await new Promise((resolve) => setImmediate(resolve));
    (ends.shift() as (outcome: 'built' | Error) => void)(outcome);
  };
  return { all, did, end };
}

t.test('whoever puts in too much waits until enough is built; then what was built is saved', async (t) => {
  const { all, did, end } = steps();
  const builds = new IndexBuilds(all, silentLogger);
  await builds.keepUp({ unindexed: 10, isBuildDue: true }, 20);
  let resolved = false;
  const waiting = builds.keepUp({ unindexed: 60, isBuildDue: false }, 20).then(() => {
    resolved = true;
  });
  await end('built');
  while (!did.includes('build job 2')) await new Promise((resolve) => setImmediate(resolve));
  t.notOk(resolved, '50 are left');
  await end('built');
  await waiting;
  await builds.settled();
  t.same(did, ['build job 1', 'adopt job 1', 'build job 2', 'adopt job 2', 'save']);
});

t.test('a build that fails holds nobody up, and is not tried again at once', async (t) => {
  const { all, did, end } = steps();
  const builds = new IndexBuilds(all, silentLogger);
  const waiting = builds.keepUp({ unindexed: 60, isBuildDue: true }, 20);
  await end(new Error('no space left'));
  await waiting;
  await builds.settled();
  await builds.keepUp({ unindexed: 70, isBuildDue: true }, 20);
  t.same(did, ['build job 1', 'abandon job 1']);
});

t.test('a thread that died between two steps is no unhandled failure', async (t) => {
  const { all } = steps({ plan: () => Promise.reject(new Error('gone')) });
  const builds = new IndexBuilds(all, silentLogger);
  await builds.keepUp({ unindexed: 60, isBuildDue: true }, 20);
  await builds.settled();
  t.pass();
});

t.test('after closing nothing begins', async (t) => {
  const { all, did } = steps();
  const builds = new IndexBuilds(all, silentLogger);
  builds.close();
  await builds.keepUp({ unindexed: 60, isBuildDue: true }, 20);
  t.same(did, []);
});
