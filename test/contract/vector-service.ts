/** What a vector store over a service must keep beyond the contract of all stores, whatever the service is (VEC-02 … VEC-07). */
import type { Test } from 'tap';
import { systemClock } from '../../src/base/clock.js';
import type { Metadata, MetadataFilter } from '../../src/base/metadata.js';
import { matchesFilter } from '../../src/base/metadata.js';
import type { VectorServiceSettings } from '../../src/config/settings.js';
import { silentLogger } from '../../src/observe/log.js';
import type { VectorStore } from '../../src/providers/vector-stores/contract.js';
import { createVectorStore } from '../../src/providers/vector-stores/registry.js';
import { startFaultFront } from '../support/peers/vectors/fault-front.js';
import { unit, type VectorStoreTraits, vectorStoreContract, vectorStoreFilterContract } from './vector-store.js';

export interface ServiceWorld {
  /** With the right key, of collections that no other world has. */
  readonly settings: VectorServiceSettings;
  /** Ends the server and starts it again; left out by peers, which keep nothing but in memory. */
  restart?(): Promise<void>;
}

export interface ServiceTraits extends VectorStoreTraits {
  /** Checks no key by itself. */
  readonly isOpen?: boolean;
}

export function vectorServiceContract(t: Test, openWorld: (t: Test) => Promise<ServiceWorld>, traits: ServiceTraits = {}): void {
  const createOpen = (t: Test) => {
    const opening = openWorld(t);
    let isFirst = true;
    return async () => {
      const { settings, restart } = await opening;
      if (!isFirst) await restart?.();
      isFirst = false;
      return openStore(t, settings);
    };
  };
  t.test('as every vector store', async (t) => {
    vectorStoreContract(t, createOpen, traits);
    vectorStoreFilterContract(t, createOpen);
  });

  const openFront = async (t: Test) => {
    const { settings } = await openWorld(t);
    const front = await startFaultFront(t, settings.url);
    return { front, settings: { ...settings, url: front.url } };
  };

  t.test('several processes see one collection, its position and its end', async (t) => {
    const { settings } = await openWorld(t);
    const [one, other] = [openStore(t, settings), openStore(t, settings)];
    t.equal(one.isShared, true);
    await one.markPosition('c', { source: 's', version: 0, unsettled: { from: 0, mark: 'm' } });
    await one.upsert('c', [entry('a', [1, 0]), entry('b', [0, 1]), entry('a', [0.6, 0.8])]);
    t.equal(await other.count('c'), 2, 'of several with one id the last one');
    t.same(
      await other.position('c'),
      { source: 's', version: 0, unsettled: { from: 0, mark: 'm' } },
      'marked before there was a collection',
    );
    await other.markPosition('c', { source: 's', version: 5 });
    t.same(await one.position('c'), { source: 's', version: 5 });
    await other.upsert('c', [{ id: 'zero', vector: new Float32Array(2), metadata: {} }, entry('b', [0.8, 0.6])]);
    t.match(
      (await one.search('c', { vector: Float32Array.of(0.8, 0.6), topK: 1 })).hits,
      [{ id: 'b' }],
      'a vector of zeros is near nothing',
    );
    await other.dropCollection('c');
    t.same(await one.search('c', { vector: Float32Array.of(1, 0), topK: 5 }), { position: { source: '', version: 0 }, hits: [] });
    t.equal(await one.count('c'), 0);
    t.same(await one.position('c'), { source: '', version: 0 });
    await one.upsert('c', [entry('new', [1, 0])]);
    t.equal(await other.count('c'), 1);
  });

  t.test('names and values that a service could misread are what they are (W-83)', async (t) => {
    const store = openStore(t, (await openWorld(t)).settings);
    const odd: readonly Metadata[] = [
      { name: 'plain' },
      { name: '" or kind == 0 or s_name == "' },
      { name: ' plain ' },
      { name: 'PLAIN', 'a key.with "odd" letters': 7 },
      { name: 'ä☃\n\\', 'a key.with "odd" letters': 7.5 },
      { name: 'x'.repeat(3_000) },
      { name: 7 },
      { name: '7' },
      { name: true },
      { name: 'true' },
      { name: '' },
      { name: '2026-03-01', of: 'date' },
      { name: '2026-11-01', of: 'date' },
      { kind: 'entry', id: 'x', hector_record: 'none', vector: 'v' },
    ];
    const entries = odd.map((metadata, index) => ({ id: `odd/${index} "☃`, vector: unit(8, index), metadata }));
    await store.upsert('two/with: odd ☃ name', entries);
    await store.upsert('two/with: odd ☃ namf', entries.slice(0, 1));
    const filters: readonly MetadataFilter[] = [
      ...odd,
      { name: { gte: '2026-02-01', lt: '2026-12-01' } },
      { name: { gt: 'P' }, of: 'date' },
      { name: ['plain', 7, true] },
      { name: ['plain', ' plain ', 'gone'] },
      { name: [7, 8] },
      { name: [true, false] },
      { name: [] },
      { name: { gt: 6.5, lt: 7.5 } },
      { 'a key.with "odd" letters': { gte: 7 } },
      { 'a key.with "odd" letters': { gt: 7, lte: 8 } },
      { nobody: 'has it' },
      { name: { gt: 1, lt: 'b' } },
      { name: {} },
    ];
    for (const filter of filters) {
      const { hits } = await store.search('two/with: odd ☃ name', { vector: new Float32Array(8).fill(8 ** -0.5), topK: 50, filter });
      const found = hits.map(({ id }) => id).sort();
      const wanted = entries
        .filter(({ metadata }) => matchesFilter(metadata, filter))
        .map(({ id }) => id)
        .sort();
      t.same(found, wanted, JSON.stringify(filter).slice(0, 80));
    }
    const left = entries.filter(({ metadata }) => !matchesFilter(metadata, { name: { gte: '2026-02-01', lt: '2026-12-01' } }));
    await store.removeWhere('two/with: odd ☃ name', { name: { gte: '2026-02-01', lt: '2026-12-01' } });
    t.equal(await store.count('two/with: odd ☃ name'), left.length, 'removed by what the service cannot compare');
    await store.removeWhere('two/with: odd ☃ name', { name: '" or kind == 0 or s_name == "' });
    await store.remove('two/with: odd ☃ name', ['odd/0 "☃', 'x" or "1" == "1']);
    t.equal(await store.count('two/with: odd ☃ name'), left.length - 2);
    t.equal(await store.count('two/with: odd ☃ namf'), 1);
  });

  t.test('a key that is missing or wrong is an error that says so and shows no key', async (t) => {
    const { front, settings } = await openFront(t);
    // The server has no users; who stands before it does.
    if (traits.isOpen === true)
      front.decide = ({ headers }) =>
        headers.authorization === 'Bearer right'
          ? undefined
          : { type: 'status', status: 403, body: '{"message":"no such key as wrong-key"}' };
    for (const apiKey of ['', 'wrong-key']) {
      const store = openStore(t, { ...settings, apiKey });
      const requests = front.requests.length;
      const error = await store.upsert('c', [entry('a', [1, 0])]).catch((cause: unknown) => cause as Error);
      t.match(error, { code: 'VECTOR_STORE_UNAUTHORIZED', message: /vector_stores\.v\.api_key/ });
      if (apiKey !== '') t.notMatch(String((error as Error).message), apiKey);
      t.equal(front.requests.length, requests + 1, 'it is not tried again');
    }
    const store = openStore(t, traits.isOpen === true ? { ...settings, apiKey: 'right' } : settings);
    await store.upsert('c', [entry('a', [1, 0])]);
    t.equal(await store.count('c'), 1);
  });

  t.test('a server that is away is an error of those who ask; when it is back, nothing needs to be done', async (t) => {
    const { front, settings } = await openFront(t);
    const store = openStore(t, settings);
    await store.upsert('c', [entry('a', [1, 0])]);
    await front.leave();
    await t.rejects(store.search('c', { vector: Float32Array.of(1, 0), topK: 1 }), {
      code: 'VECTOR_STORE_UNAVAILABLE',
      message: /vector_stores\.v\.url/,
    });
    await t.rejects(store.upsert('c', [entry('b', [0, 1])]), { code: 'VECTOR_STORE_UNAVAILABLE' });
    await t.rejects(store.position('c'), { code: 'VECTOR_STORE_UNAVAILABLE' });
    await front.comeBack();
    await store.upsert('c', [entry('b', [0, 1])]);
    t.equal((await store.search('c', { vector: Float32Array.of(1, 0), topK: 5 })).hits.length, 2);
  });

  t.test('what a service refuses for now is sent again when it says; a write whose answer is lost is not', async (t) => {
    const { front, settings } = await openFront(t);
    const waits: number[] = [];
    const store = openStore(t, settings, (ms) => void waits.push(ms));
    await store.upsert('c', [entry('a', [1, 0])]);
    let refusals = 2;
    front.decide = () => (refusals-- > 0 ? { type: 'status', status: 429, headers: { 'retry-after': '7' } } : undefined);
    await store.upsert('c', [entry('b', [0, 1])]);
    t.same(waits.splice(0), [7_000, 7_000]);
    refusals = 1;
    front.decide = () => (refusals-- > 0 ? { type: 'lost-answer' } : undefined);
    t.equal((await store.search('c', { vector: Float32Array.of(1, 0), topK: 5 })).hits.length, 2, 'a read is tried again');
    t.equal(waits.splice(0).length, 1);
    const requests = front.requests.length;
    front.decide = () => ({ type: 'lost-answer' });
    await t.rejects(store.remove('c', ['a']), { code: 'VECTOR_STORE_UNAVAILABLE' });
    t.same([front.requests.length - requests, waits.length], [1, 0]);
    front.decide = undefined;
    t.equal(await store.count('c'), 1, 'and the service has carried it out');
  });

  t.test('a batch is within the limits; one that is too large all the same goes in halves', async (t) => {
    const { front, settings } = await openFront(t);
    const store = openStore(t, settings);
    const many = Array.from({ length: 1_203 }, (_, index) => ({ id: `v${index}`, vector: unit(16, index), metadata: {} }));
    await store.upsert('c', many);
    t.equal(await store.count('c'), 1_203);
    const some = Array.from({ length: 9 }, (_, index) => ({ id: `w${index}`, vector: unit(16, 5_000 + index), metadata: {} }));
    let refusals = 3;
    front.decide = () => (refusals-- > 0 ? { type: 'status', status: 413 } : undefined);
    await store.upsert('c', some);
    t.equal(await store.count('c'), 1_212);
    await store.remove(
      'c',
      [...many, ...some].map(({ id }) => id),
    );
    t.equal(await store.count('c'), 0);
  });

  t.test('an abort ends the request at once, and so does close', async (t) => {
    const { front, settings } = await openFront(t);
    const store = openStore(t, settings);
    await store.upsert('c', [entry('a', [1, 0])]);
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    front.decide = () => ({ type: 'held', release: held });
    const acts: readonly ((signal: AbortSignal) => Promise<unknown>)[] = [
      (signal) => store.search('c', { vector: Float32Array.of(1, 0), topK: 1 }, signal),
      (signal) => store.upsert('c', [entry('b', [0, 1])], signal),
    ];
    for (const act of acts) {
      const abort = new AbortController();
      const arrived = front.nextRequest();
      const acting = t.rejects(act(abort.signal) as Promise<void>, { code: 'STEP_ABORTED' });
      await arrived;
      abort.abort(new Error('enough'));
      await acting;
    }
    const arrived = front.nextRequest();
    const acting = t.rejects(store.count('c'), { code: 'VECTOR_STORE_UNAVAILABLE', message: /closed/ });
    await arrived;
    await store.close();
    await acting;
    release();
  });

  t.test('silence, nonsense and another address are errors that say so', async (t) => {
    const { front, settings } = await openFront(t);
    const store = openStore(t, { ...settings, timeoutMs: 50 });
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    front.decide = () => ({ type: 'held', release: held });
    await t.rejects(store.position('c'), { code: 'VECTOR_STORE_TIMEOUT', message: /within 50 ms \(vector_stores\.v\.timeout\)/ });
    release();
    front.decide = () => ({ type: 'status', status: 200, body: '<html>' });
    await t.rejects(openStore(t, settings, () => {}).position('c'), {
      code: 'VECTOR_STORE_BAD_RESPONSE',
      message: /vector_stores\.v\.url/,
    });
    front.decide = () => ({ type: 'status', status: 302, headers: { location: 'http://127.0.0.1:1/' } });
    await t.rejects(openStore(t, settings).position('c'), { code: 'VECTOR_STORE_UNUSABLE' });
    front.decide = () => ({ type: 'status', status: 400, body: '{"message":"not so"}' });
    await t.rejects(openStore(t, settings).position('c'), { code: 'VECTOR_STORE_REJECTED', message: /not so/ });
  });
}

/** `onWait`: waits between tries are told instead of waited for. */
export function openStore(t: Test, settings: VectorServiceSettings, onWait?: (ms: number) => void): VectorStore {
  const clock = onWait === undefined ? quick : { ...systemClock, sleep: async (ms: number) => onWait(ms) };
  const pools = { indexThread: unused, indexBuilder: { run: unused } };
  const store = createVectorStore(settings, { name: 'v', pools: pools as never, clock, log: silentLogger });
  t.teardown(() => store.close());
  return store;
}

/** Waits a hundredth. */
const quick = { ...systemClock, sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / 100, signal) };

function unused(): never {
  throw new Error('a service needs no threads');
}

function entry(id: string, values: readonly number[]) {
  return { id, vector: Float32Array.from(values), metadata: {} };
}
