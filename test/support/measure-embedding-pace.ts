/** Two processes on one Redis against a service with limits and accidents: how much longer they take than they must. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createLimitedService } from './limited-service.js';
import { startEmbeddingPeer } from './peers/embedding-peer.js';
import { startTempRedis } from './temp-redis.js';

export interface PaceMeasureOptions {
  /** What it takes at least. */
  readonly seconds: number;
  readonly seed: number;
}

const SHARES = 2;
const TOKENS_PER_SECOND = 40_000;
/** A text of the child has 99. */
const TOKENS_PER_TEXT = 99;

export async function measureEmbeddingPace(t: { teardown(run: () => unknown): unknown }, { seconds, seed }: PaceMeasureOptions) {
  const service = createLimitedService({ requestsPerSecond: 30, tokensPerSecond: TOKENS_PER_SECOND, seed, chance: 0.04 });
  const disposer = { teardown: (run: () => unknown) => void t.teardown(run) };
  const peer = await startEmbeddingPeer(disposer, 'openai', { decide: (request) => service.decide(request) });
  const redis = await startTempRedis({ teardown: (run) => t.teardown(run) });
  const texts = Math.round((seconds * TOKENS_PER_SECOND + service.tokenLimit) / TOKENS_PER_TEXT);
  const children = await Promise.all(
    Array.from({ length: SHARES }, async (_, share) => {
      const program = fileURLToPath(new URL('./embedding-child.js', import.meta.url));
      const child = spawn(process.execPath, [program, peer.url, redis.url, String(share), String(SHARES), String(texts)], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      t.teardown(() => child.kill('SIGKILL'));
      const lines = createInterface({ input: child.stdout });
      await once(lines, 'line');
      return { child, lines };
    }),
  );
  const startedAt = performance.now();
  const counts = children.map(({ lines }) => once(lines, 'line').then(([line]) => Number(String(line).replace('embedded ', ''))));
  for (const { child } of children) child.stdin.write('go\n');
  const embedded = (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  const tookMs = performance.now() - startedAt;
  await Promise.all(children.map(({ child }) => (child.exitCode === null ? once(child, 'exit') : undefined)));
  const leastMs = seconds * 1_000;
  return {
    texts,
    lost: texts - embedded,
    leastMs,
    tookMs,
    ratio: tookMs / leastMs,
    requests: peer.requests.length,
    refusals: service.refusals,
  };
}
