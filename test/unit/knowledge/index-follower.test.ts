import t from 'tap';
import { systemClock } from '../../../src/base/clock.js';
import { AppError } from '../../../src/base/errors.js';
import type { ChunkStore } from '../../../src/knowledge/chunk-store.js';
import { IndexFollower } from '../../../src/knowledge/index-follower.js';
import type { VectorStore } from '../../../src/providers/vector-stores/contract.js';
import { createInProcessLeases } from '../../support/in-process-batches.js';
import { recordLog } from '../../support/record-log.js';

t.test('an index that cannot follow is told of once for each reason, not with every try, and when it follows again', async (t) => {
  const reasons = ['gone', 'gone', 'gone', 'gone', 'full', 'full', 'full'];
  const seen: (string | undefined)[] = [];
  const { log, lines } = recordLog();
  const chunkStore = { collection: async () => ({ source: 's', version: 1 }), changes: async () => [] } as Partial<ChunkStore>;
  const vectorStore = {
    position: async () => {
      seen.push(follower.failure);
      const message = reasons.shift();
      if (message !== undefined) throw new AppError('INDEX_FAILED', { message });
      return { source: 's', version: 1 };
    },
    markPosition: async () => undefined,
    flush: async () => undefined,
  } as Partial<VectorStore>;
  const follower: IndexFollower = new IndexFollower({
    ...{ chunkStore: chunkStore as ChunkStore, vectorStore: vectorStore as VectorStore, collection: 'docs', embedder: 'e' },
    ...{ leases: createInProcessLeases(), clock: systemClock, log, pollMs: 1 },
  });
  follower.wake();
  while (follower.failure !== undefined || seen.length < 8) await systemClock.sleep(1);
  await follower.close();
  t.same(seen.slice(0, 8), [undefined, 'gone', 'gone', 'gone', 'gone', 'full', 'full', 'full']);
  t.same(
    lines
      .map((line) => JSON.parse(line) as { level: number; msg: string; err?: { message: string } })
      .map(({ level, err }) => [level, err?.message]),
    [
      [40, 'gone'],
      [40, 'full'],
      [30, undefined],
    ],
  );
});
