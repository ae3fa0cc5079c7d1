/** What the parts that Hector stands on can do alone on this machine: the ceilings of its own rows. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { startTempRedis } from '../../test/support/temp-redis.js';
import type { Line, Measurement, Run } from '../frame/measurement.js';

const METHOD = 'In this process, beside a private Redis; the figure is the rate of each repeat, a short warm-up first.';
const UNDER_WAY = 64;

export const parts: Measurement = {
  name: 'parts',
  budgetSeconds: { full: 40, quick: 0 },
  rows: [
    {
      name: 'parts',
      question: 'How many commands, jobs and commits per second do Redis, BullMQ and SQLite do alone?',
      method: `${METHOD} Redis: SET one after the other, and ${UNDER_WAY} under way. BullMQ: job added, taken by a worker with a concurrency of ${UNDER_WAY}, finished and removed, ${UNDER_WAY} under way. SQLite: a transaction with one insert, WAL, synchronous NORMAL.`,
      unit: '/s',
      better: 'higher',
    },
  ],
  measure,
};

async function measure(run: Run): Promise<readonly Line[]> {
  const disposers: (() => unknown)[] = [];
  try {
    const { url } = await startTempRedis({ teardown: (dispose) => void disposers.unshift(dispose) });
    const folder = mkdtempSync(path.join(tmpdir(), 'hector-bench-parts-'));
    disposers.unshift(() => rmSync(folder, { recursive: true, force: true }));
    const redis = new Redis(url);
    disposers.unshift(() => redis.disconnect());
    let key = 0;
    const set = async () => void (await redis.set(`k${key++ % 1_000}`, 'a value of about forty characters, as ids'));
    const lines: Line[] = [
      await measureRate(run, 'Redis SET, one after the other', 1, set),
      await measureRate(run, `Redis SET, ${UNDER_WAY} under way`, UNDER_WAY, set),
      await measureRate(run, `BullMQ job, ${UNDER_WAY} under way`, UNDER_WAY, openBullMq(url, disposers)),
    ];
    const database = new Database(path.join(folder, 'bench.db'));
    disposers.unshift(() => database.close());
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = NORMAL');
    database.exec('CREATE TABLE events (id INTEGER PRIMARY KEY, body TEXT)');
    const insert = database.prepare('INSERT INTO events (body) VALUES (?)');
    const commit = database.transaction(() => insert.run('x'.repeat(200)));
    lines.push(await measureRate(run, 'SQLite commit', 1, async () => void commit()));
    return lines;
  } finally {
    for (const dispose of disposers) await dispose();
  }
}

/** Resolves when the job was done. */
function openBullMq(url: string, disposers: (() => unknown)[]): () => Promise<void> {
  const connection = { url, maxRetriesPerRequest: null };
  const waiting = new Map<string, () => void>();
  const queue = new Queue('bench', { connection });
  const worker = new Worker('bench', async (job) => void waiting.get(job.data.id)?.(), { connection, concurrency: UNDER_WAY });
  disposers.unshift(
    () => queue.close(),
    () => worker.close(),
  );
  let next = 0;
  return async () => {
    const id = `j${next++}`;
    const done = new Promise<void>((resolve) => waiting.set(id, resolve));
    await queue.add('step', { id }, { removeOnComplete: true });
    await done;
    waiting.delete(id);
  };
}

async function measureRate(run: Run, target: string, underWay: number, act: () => Promise<void>): Promise<Line> {
  const repeat = async (seconds: number) => {
    const endMs = performance.now() + seconds * 1_000;
    const startMs = performance.now();
    let done = 0;
    await Promise.all(
      Array.from({ length: underWay }, async () => {
        while (performance.now() < endMs) {
          await act();
          done += 1;
        }
      }),
    );
    return done / ((performance.now() - startMs) / 1_000);
  };
  await repeat(run.warmUpSeconds / 4);
  const repeats: number[] = [];
  for (let count = 0; count < run.repeats; count++) repeats.push(await repeat(run.seconds));
  return { row: 'parts', target, repeats };
}
