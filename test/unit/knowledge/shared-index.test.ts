/** Followers of one chunk table that share an index of a service. */
import t, { type Test } from 'tap';
import { systemClock } from '../../../src/base/clock.js';
import { AppError } from '../../../src/base/errors.js';
import type { ChunkStore, DocumentMove } from '../../../src/knowledge/chunk-store.js';
import { SharedIndex } from '../../../src/knowledge/shared-index.js';
import { silentLogger } from '../../../src/observe/log.js';
import type { LeaseManager } from '../../../src/tasks/coordination.js';
import { openStore } from '../../contract/vector-service.js';
import { startFaultFront } from '../../support/peers/vectors/fault-front.js';
import { createQdrantPeer } from '../../support/peers/vectors/qdrant-peer.js';
import { startVectorPeer } from '../../support/peers/vectors/vector-peer.js';
import { serviceSettings } from '../../support/service-settings.js';

const never = new AbortController().signal;

/** Documents of one chunk each; its vector tells the generation. */
class Table implements Pick<ChunkStore, 'collection' | 'changes' | 'vectors'> {
  readonly documents = new Map<string, { readonly version: number; readonly angle: number | undefined }>();
  version = 0;

  commit(changes: Readonly<Record<string, number | undefined>>): void {
    this.version += 1;
    for (const [key, angle] of Object.entries(changes)) this.documents.set(key, { version: this.version, angle });
  }

  async collection() {
    return this.version === 0 ? { source: '', version: 0 } : { source: 'database', version: this.version };
  }

  async changes(_: string, after: { readonly version: number; readonly key: string }, limit: number): Promise<readonly DocumentMove[]> {
    return [...this.documents]
      .map(([key, { version, angle }]) => ({ key, version, chunkCount: angle === undefined ? 0 : 1, slots: 1 }))
      .filter(({ key, version }) => version > after.version || (version === after.version && key > after.key))
      .sort((a, b) => a.version - b.version || (a.key < b.key ? -1 : 1))
      .slice(0, limit);
  }

  async vectors(keys: readonly string[]) {
    return keys.flatMap((documentKey) => {
      const angle = this.documents.get(documentKey)?.angle;
      return angle === undefined ? [] : [{ documentKey, index: 0, vector: vectorAt(angle), metadata: {} }];
    });
  }
}

/** Leases that can be taken away. */
function createLeases() {
  const held = new Map<string, AbortController>();
  const leases: Pick<LeaseManager, 'acquire'> = {
    async acquire(taskId) {
      if (held.has(taskId)) return { type: 'held', remainingMs: 50 };
      const lost = new AbortController();
      held.set(taskId, lost);
      const release = async () => void (held.get(taskId) === lost && held.delete(taskId));
      return { type: 'acquired', lease: { taskId, lost: lost.signal, release } };
    },
  };
  const takeAway = () => {
    for (const lost of held.values()) lost.abort(new AppError('TASK_LOST'));
    held.clear();
  };
  return { leases, takeAway, held };
}

async function setUp(t: Test) {
  const peer = await startVectorPeer(t, createQdrantPeer('k'));
  const front = await startFaultFront(t, peer.url);
  const table = new Table();
  const lease = createLeases();
  let nowMs = 0;
  const clock = { ...systemClock, monotonic: () => nowMs, sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / 50, signal) };
  const open = (url: string) => {
    const vectorStore = openStore(t, serviceSettings('qdrant', { url, apiKey: 'k' }));
    const index = new SharedIndex({
      ...{ chunkStore: table as unknown as ChunkStore, vectorStore, collection: 'docs', embedder: 'e' },
      ...{ leases: lease.leases, clock, log: silentLogger, settleMs: 60_000 },
    });
    const find = async (angle: number) => {
      const { hits } = await vectorStore.search(index.name ?? '', { vector: vectorAt(angle), topK: 9 });
      return hits.map(({ id, score }) => ({ id, score: Math.round(score * 1e6) / 1e6 }));
    };
    return { index, vectorStore, find };
  };
  return {
    ...lease,
    table,
    front,
    open,
    viaFront: () => open(front.url),
    direct: () => open(peer.url),
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

t.test('one process writes, the others wait until it has; what is told of is found by all', async (t) => {
  const { table, front, viaFront, held } = await setUp(t);
  const followers = [viaFront(), viaFront(), viaFront()];
  t.same(await followers[0]?.index.catchUp(never), { source: '', version: 0 }, 'nothing was committed');
  table.commit(Object.fromEntries(Array.from({ length: 700 }, (_, index) => [`d${index}`, index / 1_000])));
  const positions = await Promise.all(followers.map(({ index }) => index.catchUp(never)));
  for (const position of positions) t.same(position, { source: 'database', version: 1 });
  t.equal(
    front.requests.filter((line) => line.startsWith('PUT') && line.includes('/points?')).length,
    5,
    'the record, three pages of vectors, the record',
  );
  for (const { index, vectorStore } of followers) t.equal(await vectorStore.count(index.name ?? ''), 700);
  table.commit({ d0: undefined, d1: 3 });
  await followers[2]?.index.catchUp(never);
  t.equal(await followers[0]?.vectorStore.count(followers[0].index.name ?? ''), 699);
  t.match(await followers[1]?.find(3), [{ id: 'd1:0', score: 1 }]);
  t.equal(held.size, 0);
  const before = front.requests.length;
  await Promise.all(followers.map(({ index }) => index.catchUp(never)));
  await followers[2]?.index.catchUp(never);
  t.ok(front.requests.length - before <= 2, 'nothing new costs no request of who knows it');
});

t.test('a write that a service carries out after its sender has lost the lease is put right', async (t) => {
  const { table, front, viaFront, direct, takeAway, pass } = await setUp(t);
  const [first, second] = [viaFront(), direct()];
  table.commit({ a: 0, b: 1 });
  await first.index.catchUp(never);
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  table.commit({ a: 0.5 });
  let writes = 0;
  // The second one is that of vectors, behind the record.
  front.decide = ({ line }) => (line.includes('/points?wait') && ++writes === 2 ? { type: 'held', release: held } : undefined);
  const stop = new AbortController();
  const losing = t.rejects(first.index.catchUp(stop.signal));
  while (writes < 2) await front.nextRequest();
  takeAway();
  table.commit({ a: 2 });
  const position = await second.index.catchUp(never);
  t.match(position, { version: 3, unsettled: { from: 1 } }, 'it was found unsettled');
  t.match((await second.find(2))[0], { id: 'a:0', score: 1 });
  stop.abort(new Error('stopped'));
  await losing;
  release();
  while ((await second.find(2))[0]?.score === 1) await systemClock.sleep(5);
  t.match((await second.find(0.5))[0], { id: 'a:0', score: 1 }, 'the old write has landed');
  pass(59_000);
  t.match(await second.index.catchUp(never), { unsettled: { from: 1 } });
  pass(2_000);
  t.same(await second.index.catchUp(never), { source: 'database', version: 3 });
  t.match((await second.find(2))[0], { id: 'a:0', score: 1 }, 'and is gone again');
});

t.test('a writer that comes to itself after all was settled says so, and it is settled again', async (t) => {
  const { table, front, viaFront, direct, pass } = await setUp(t);
  const [first, second] = [viaFront(), direct()];
  table.commit({ a: 0 });
  await first.index.catchUp(never);
  table.commit({ a: 1 });
  front.decide = ({ line }) => (line.includes('/points?wait') ? { type: 'lost-answer' } : undefined);
  await t.rejects(first.index.catchUp(never), { code: 'VECTOR_STORE_UNAVAILABLE' });
  front.decide = undefined;
  await second.index.catchUp(never);
  pass(61_000);
  t.same(await second.index.catchUp(never), { source: 'database', version: 2 });
  t.match(await first.index.catchUp(never), { version: 2, unsettled: { from: 1 } }, 'its own write may still be under way');
  pass(61_000);
  t.same(await first.index.catchUp(never), { source: 'database', version: 2 });
  pass(31_000);
  t.same(await second.index.catchUp(never), { source: 'database', version: 2 });
});

t.test('what was filled when its writer died is not sent again, and nothing is lost', async (t) => {
  const { table, front, viaFront, direct, pass } = await setUp(t);
  for (let version = 0; version < 3; version++)
    table.commit(
      Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`${version}-${String(index).padStart(3, '0')}`, index / 1_000])),
    );
  const first = viaFront();
  let writes = 0;
  front.decide = ({ line }) => (line.includes('/points?wait') && ++writes > 4 ? { type: 'status', status: 500 } : undefined);
  await t.rejects(first.index.catchUp(never), { code: 'VECTOR_STORE_UNAVAILABLE' });
  front.decide = undefined;
  const second = viaFront();
  const before = front.requests.length;
  t.match(await second.index.catchUp(never), { version: 3, unsettled: { from: 1 } });
  t.equal(front.requests.slice(before).filter((line) => line.includes('/points?wait')).length, 6, 'three of the record, three of vectors');
  t.equal(await direct().vectorStore.count(second.index.name ?? ''), 900);
  pass(61_000);
  t.same(await second.index.catchUp(never), { source: 'database', version: 3 });
});

t.test('an index that is gone, or ahead of a database that was set back, is filled anew; another database has its own', async (t) => {
  const { table, direct, pass } = await setUp(t);
  const { index, vectorStore, find } = direct();
  table.commit({ a: 0, b: 1 });
  table.commit({ c: 2 });
  await index.catchUp(never);
  await direct().vectorStore.dropCollection(index.name ?? '');
  t.equal((await find(0)).length, 0);
  index.forget();
  await index.catchUp(never);
  t.equal(await vectorStore.count(index.name ?? ''), 3);
  table.version = 1;
  table.documents.delete('c');
  pass(31_000);
  t.same(await index.catchUp(never), { source: 'database', version: 1 });
  t.equal(await vectorStore.count(index.name ?? ''), 2);
  t.match(index.name, /@database$/);
});

function vectorAt(angle: number): Float32Array {
  return Float32Array.of(Math.cos(angle), Math.sin(angle));
}
