import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { isOpen } from '../../src/knowledge/runs/ingest-run.js';
import { embedTexts } from '../../src/providers/embedders/adapters/local/hashed-embedding.js';
import { type KnowledgeRig, tempFolder } from '../support/knowledge-rig.js';
import { chooseSeed, isLongForm, reportFigure } from '../support/long-form.js';
import { createRandom } from '../support/random.js';
import { openSharedIngest, type SharedIngestOptions } from '../support/shared-ingest.js';
import { startTempRedis } from '../support/temp-redis.js';

const WORKER = fileURLToPath(new URL('../support/ingest-worker.js', import.meta.url));
const DOCUMENTS = isLongForm ? 20_000 : 1_000;
const KILLS = isLongForm ? 50 : 5;
const BATCH = 16;
const FAULTS = ['ingest.before-commit', 'ingest.after-commit', 'ingest.after-page'];

t.test(
  'three ingest processes share a corpus and are killed again and again: chunks and vectors as without a death, at most one batch embedded twice per kill (RAG-31, RAG-34)',
  { timeout: isLongForm ? 3_000_000 : 100_000 },
  async (t) => {
    const random = createRandom(chooseSeed(20_631));
    const world = await openWorld(t);
    const { rig, workers } = world;
    for (let index = 0; index < DOCUMENTS; index++) writeFileSync(join(rig.folder, name(index)), text(index));

    const startedMs = performance.now();
    for (let index = 0; index < 3; index++) workers.push(await world.start(''));
    let kills = 0;
    let committed = 0;
    while (kills < KILLS) {
      // Some work between two deaths, or nothing would ever be in anybody's hands.
      await until(async () => {
        const { chunks } = await rig.chunkStore.counts('docs');
        const isFurther = chunks >= Math.min(DOCUMENTS * 0.95, committed + DOCUMENTS / (KILLS * 1.6)) || workers.some(isOver);
        if (isFurther) committed = chunks;
        return isFurther;
      });
      const index = Math.max(0, workers.some(isOver) ? workers.findIndex(isOver) : random.below(workers.length));
      const victim = workers[index] as ChildProcess;
      if (!isOver(victim)) {
        victim.kill('SIGKILL');
        await once(victim, 'exit');
      }
      kills += 1;
      const point = random.pick(FAULTS);
      const isArmed = random.chance(0.5) && kills < KILLS;
      workers[index] = await world.start(isArmed ? `${point}=kill@${1 + random.below(3)}` : '');
    }
    // The last armed ones may still die.
    await until(async () => {
      for (const [index, worker] of workers.entries()) {
        if (!isOver(worker)) continue;
        kills += 1;
        workers[index] = await world.start('');
      }
      return await world.isQuiet();
    });
    const seconds = (performance.now() - startedMs) / 1_000;

    t.same(await rig.chunkStore.counts('docs'), { indexed: DOCUMENTS, failed: 0, chunks: DOCUMENTS });
    t.same(await world.findWrong(), [], 'every document has its text and its vector, once');
    const calls = world.calls();
    const embedded = calls.flat();
    const repeated = embedded.length - new Set(embedded).size;
    t.equal(new Set(embedded).size, DOCUMENTS);
    t.ok(repeated <= kills * BATCH, `${repeated} texts were embedded twice, by ${kills} kills`);
    const runs = await rig.runs.list({ store: 'docs', before: '', limit: 500 });
    t.same(
      runs.filter(({ state }) => state !== 'finished').map(({ state, error }) => ({ state, error })),
      [],
    );
    t.equal(
      runs.reduce((sum, run) => sum + run.done, 0),
      DOCUMENTS,
      'the counts of all runs tell of each document once (I4)',
    );
    for (const run of runs) t.equal(run.done + run.skipped + run.failed, run.total);
    reportFigure(
      t,
      'ingest under kills',
      `${DOCUMENTS} documents, ${kills} kills, ${repeated} texts embedded twice, ${seconds.toFixed(1)} s`,
    );

    await rig.runs.begin({ store: 'docs', pipeline: world.pipeline, mode: 'check', by: 'test', at: Date.now() });
    await until(() => world.isQuiet());
    t.equal(world.calls().length, calls.length, 'a re-scan of the unchanged corpus, read whole, embeds nothing');

    rmSync(join(rig.folder, name(7)));
    await rig.runs.begin({ store: 'docs', pipeline: world.pipeline, mode: 'changes', by: 'test', at: Date.now() });
    await until(() => world.isQuiet());
    t.equal((await rig.chunkStore.counts('docs')).chunks, DOCUMENTS - 1, 'chunks of a deleted file are gone');
    t.equal(world.calls().length, calls.length);
  },
);

t.test('Redis that loses everything costs seconds: the run ends as it would have', { timeout: 60_000 }, async (t) => {
  const world = await openWorld(t, 50);
  const { rig, workers, redis } = world;
  for (let index = 0; index < 300; index++) writeFileSync(join(rig.folder, name(index)), text(index));
  for (let index = 0; index < 2; index++) workers.push(await world.start(''));
  await until(async () => (await rig.chunkStore.counts('docs')).chunks > 50);
  await redis.kill('SIGKILL');
  await redis.restart();
  await until(() => world.isQuiet());
  t.same(await rig.chunkStore.counts('docs'), { indexed: 300, failed: 0, chunks: 300 });
  t.same(await world.findWrong(300), []);
});

async function openWorld(t: Test, embedMs = isLongForm ? 30 : 60) {
  const redis = await startTempRedis(t);
  const folder = tempFolder(t);
  const stateFolder = tempFolder(t);
  const options: SharedIngestOptions = { folder, stateFolder, redisUrl: redis.url, callsFile: join(stateFolder, 'calls'), embedMs };
  writeFileSync(options.callsFile, '');
  const rig: KnowledgeRig = await openSharedIngest(options);
  const workers: ChildProcess[] = [];
  t.teardown(async () => {
    for (const worker of workers) worker.kill('SIGKILL');
    await rig.close();
  });
  return {
    redis,
    rig,
    workers,
    pipeline: rig.knowledge.stores.get('docs')?.pipeline ?? '',
    /** Resolves when it works, or has died at a fault point before it could say so. */
    async start(faults: string): Promise<ChildProcess> {
      const child = spawn(process.execPath, [WORKER, JSON.stringify(options), faults], { stdio: ['pipe', 'pipe', 'inherit'] });
      await Promise.race([once(child.stdout as NodeJS.ReadableStream, 'data'), once(child, 'exit')]);
      return child;
    },
    calls: () =>
      readFileSync(options.callsFile, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as string[]),
    async isQuiet(): Promise<boolean> {
      const [latest] = await rig.runs.list({ store: 'docs', before: '', limit: 1 });
      return latest !== undefined && !isOpen(latest) && (await rig.runs.open()).length === 0;
    },
    /** Documents whose one chunk is not what a run without a death leaves. */
    async findWrong(count = DOCUMENTS): Promise<readonly string[]> {
      const wrong: string[] = [];
      for (let index = 0; index < count; index++) {
        const texts = await rig.runs.texts('docs', name(index), 0, 5);
        const [record] = (await rig.chunkStore.findDocuments('docs', [name(index)])).values();
        const [vector] = await rig.chunkStore.vectors([record?.key ?? ''], rig.fingerprint);
        const expected = embedTexts([text(index)], 32);
        const isRight =
          texts.length === 1 && texts[0]?.text === text(index) && Buffer.from(expected.buffer).equals(bytesOf(vector?.vector));
        if (!isRight) wrong.push(name(index));
      }
      return wrong;
    },
  };
}

function bytesOf(vector: Float32Array | undefined): Buffer {
  return vector === undefined ? Buffer.alloc(0) : Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
}

function name(index: number): string {
  return `doc-${index}.txt`;
}

function text(index: number): string {
  return `Document ${index} is about subject${index} and nothing else.`;
}

function isOver({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(20);
}
