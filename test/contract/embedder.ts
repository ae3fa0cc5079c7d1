/** What every embedder behind a service does, over its own wire. */
import t, { type Test } from 'tap';
import { AppError } from '../../src/base/errors.js';
import type { EmbedderSettings } from '../../src/config/settings.js';
import { silentLogger } from '../../src/observe/log.js';
import type { Embedder } from '../../src/providers/embedders/contract.js';
import type { EmbeddingStore } from '../../src/providers/embedders/embedding-store.js';
import { createEmbedder } from '../../src/providers/embedders/registry.js';
import type { ThreadPools } from '../../src/threads/pools.js';
import { embedderSettings } from '../support/embedder-settings.js';
import {
  type EmbeddingPeer,
  type EmbeddingPeerOptions,
  type EmbeddingReply,
  type EmbeddingService,
  placeOf,
  startEmbeddingPeer,
} from '../support/peers/embedding-peer.js';
import { createQuickClock } from '../support/quick-clock.js';

export interface EmbedderHarness {
  readonly service: EmbeddingService;
  readonly maxTexts: number;
  readonly path: string;
  readonly readFailure: (message: string, code?: string) => unknown;
  /** As the service says it. */
  readonly tooLong: EmbeddingReply;
  readonly readPurpose: (body: Readonly<Record<string, unknown>>) => unknown;
  readonly purposes: readonly [document: unknown, query: unknown];
}

export const SIGNAL = new AbortController().signal;
const KEY = 'sk-test-123456';

export interface SetUpOptions extends EmbeddingPeerOptions {
  readonly settings?: Partial<EmbedderSettings>;
  readonly store?: EmbeddingStore;
}

export async function setUpEmbedder(t: Test, service: EmbeddingService, { settings = {}, store, ...peerOptions }: SetUpOptions = {}) {
  const peer = await startEmbeddingPeer(t, service, peerOptions);
  const clock = createQuickClock();
  const create = (more: Partial<EmbedderSettings> = {}) =>
    createEmbedder(embedderSettings({ provider: service, model: 'test-model', apiKey: KEY, baseUrl: peer.url, ...settings, ...more }), {
      name: 'main',
      textThreads: undefined as unknown as ThreadPools['text'],
      clock,
      log: silentLogger,
      ...(store === undefined ? {} : { store }),
    });
  return { peer, clock, create, embedder: create() };
}

const status = (code: number, body: unknown, headers: Readonly<Record<string, string>> = {}): EmbeddingReply => ({
  type: 'status',
  status: code,
  headers,
  body,
});

export function testEmbedder(harness: EmbedderHarness): void {
  const { service, maxTexts } = harness;
  const failed = (code: number, message: string, headers = {}) => status(code, harness.readFailure(message), headers);

  t.test(
    `${service}: one unit vector per text, in the order of the texts, few requests for many (EMB-01, EMB-02, EMB-03, W-72, W-82)`,
    async (t) => {
      const { embedder, peer } = await setUpEmbedder(t, service);
      const texts = Array.from({ length: 250 }, (_, index) => `text ${index} ün`);
      const vectors = await embedder.embed(texts, 'document', SIGNAL);
      assertVectors(t, vectors, texts, 8);
      t.equal(peer.requests.length, 3);
      t.ok(peer.requests.every((request) => request.path === harness.path && request.texts.length <= maxTexts));
      t.equal(peer.requests[0]?.headers.authorization, `Bearer ${KEY}`);
      t.same(await embedder.embed([], 'document', SIGNAL), []);
      t.equal(peer.requests.length, 3);
    },
  );

  t.test(`${service}: queries are embedded as queries, the same one once (EMB-03, W-82)`, async (t) => {
    const { embedder, peer } = await setUpEmbedder(t, service);
    await embedder.embed(['a'], 'document', SIGNAL);
    const [first] = await embedder.embed(['a'], 'query', SIGNAL);
    t.same((await embedder.embed(['a'], 'query', SIGNAL))[0], first);
    t.same(
      peer.requests.map(({ body }) => harness.readPurpose(body)),
      harness.purposes,
    );
  });

  t.test(`${service}: 5xx is tried three times in all with growing waits, 429 as often as it comes (RAG-36, EMB-04, W-79)`, async (t) => {
    const { embedder, peer, clock } = await setUpEmbedder(t, service);
    peer.script(failed(500, 'oops'), failed(503, 'busy'));
    assertVectors(t, await embedder.embed(['a'], 'document', SIGNAL), ['a'], 8);
    t.equal(peer.requests.length, 3);
    const [first = 0, second = 0] = clock.sleeps;
    t.ok(Math.abs(first - 1_000) <= 100 && Math.abs(second - 2_000) <= 200, `${first} and ${second} ms`);
    peer.script(failed(500, 'oops'), failed(500, 'oops'), failed(500, 'oops'));
    await t.rejects(embedder.embed(['a'], 'document', SIGNAL), {
      code: 'EMBEDDER_UNAVAILABLE',
      message: /status 500 .embedders\.main.: oops/,
    });
    t.equal(peer.requests.length, 6);
    peer.script(...Array.from({ length: 7 }, () => failed(429, 'slow down', { 'retry-after': '0.02' })));
    assertVectors(t, await embedder.embed(['b'], 'document', SIGNAL), ['b'], 8);
    t.equal(peer.requests.length, 14, 'a refusal for the rate is no failure');
  });

  t.test(`${service}: a refusal without a time waits for what its buckets lack, else longer and longer`, async (t) => {
    const { embedder, peer, clock } = await setUpEmbedder(t, service);
    const bucket = { 'x-ratelimit-limit-requests': '100', 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '20s' };
    peer.script(failed(429, 'slow down', bucket));
    await embedder.embed(['a'], 'document', SIGNAL);
    const [first = 0] = clock.sleeps;
    t.ok(first > 150 && first <= 400, `${first} ms for one of 100 that come in 20 s, and for the place in the line`);
    const untold = await setUpEmbedder(t, service);
    untold.peer.script(failed(429, 'slow down'), failed(429, 'slow down'));
    await untold.embedder.embed(['a'], 'document', SIGNAL);
    const longest = Math.max(...untold.clock.sleeps);
    t.ok(longest > 1_500 && longest <= 2_200, `${longest} ms`);
  });

  t.test(`${service}: a query does not wait for ever for a service that limits the rate`, async (t) => {
    const { embedder, peer } = await setUpEmbedder(t, service, { settings: { timeoutMs: 500 } });
    peer.script(failed(429, 'slow down', { 'retry-after': '60' }));
    await t.rejects(embedder.embed(['a'], 'query', SIGNAL), { code: 'EMBEDDER_RATE_LIMITED', retryAfterMs: 60_000 });
    t.equal(peer.requests.length, 1);
  });

  const failures: readonly (readonly [name: string, reply: EmbeddingReply, code: string, message: RegExp, tries: number])[] = [
    ['a wrong key', failed(401, `invalid api token ${KEY}`), 'EMBEDDER_UNAUTHORIZED', /embedders\.main\.api_key/, 1],
    ['a model that is not there', failed(404, 'model not found'), 'EMBEDDER_UNUSABLE', /embedders\.main\.model.*test-model/, 1],
    ['a refused request', failed(400, 'no such thing'), 'EMBEDDER_REJECTED', /embedders\.main: no such thing/, 1],
    ['a page of a proxy', status(502, '<html>Bad gateway</html>'), 'EMBEDDER_UNAVAILABLE', /status 502/, 3],
    ['a redirect', status(307, '', { location: 'http://127.0.0.1:9/' }), 'EMBEDDER_UNUSABLE', /embedders\.main\.base_url/, 1],
    ['a closed connection', { type: 'cut', midway: false }, 'EMBEDDER_UNAVAILABLE', /embedders\.main\.base_url/, 3],
    ['a connection that breaks midway', { type: 'cut', midway: true }, 'EMBEDDER_UNAVAILABLE', /embedders\.main\.base_url/, 3],
    ['no JSON', { type: 'raw', text: 'hello' }, 'EMBEDDER_BAD_RESPONSE', /embedders\.main/, 3],
    ['other JSON', { type: 'raw', text: '{"ok":true}' }, 'EMBEDDER_BAD_RESPONSE', /embedders\.main.*no list of vectors/, 3],
    ['a vector too few', { type: 'vectors', change: (all) => all.slice(1) }, 'EMBEDDER_BAD_RESPONSE', /1 vectors for 2 texts/, 3],
    [
      'null in a vector',
      { type: 'vectors', change: ([a]) => [a, [null, 1, 1, 1, 1, 1, 1, 1]] },
      'EMBEDDER_BAD_RESPONSE',
      /vector 1.*finite/,
      3,
    ],
    [
      'a vector of zeros',
      { type: 'vectors', change: ([a]) => [a, [0, 0, 0, 0, 0, 0, 0, 0]] },
      'EMBEDDER_BAD_RESPONSE',
      /vector 1.*zeros/,
      3,
    ],
    ['two lengths', { type: 'vectors', change: ([a]) => [a, [1, 1]] }, 'EMBEDDER_BAD_RESPONSE', /8 and of 2/, 3],
  ];
  t.test(`${service}: what goes wrong is named, with the key to change and without the secret`, async (t) => {
    for (const [name, reply, code, message, tries] of failures) {
      const { embedder, peer } = await setUpEmbedder(t, service);
      peer.script(...Array.from({ length: tries }, () => reply));
      const error = await embedder.embed(['a', 'b'], 'document', SIGNAL).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      t.match(error, { code, message }, name);
      t.equal(peer.requests.length, tries, name);
      t.notMatch(`${String(error)} ${JSON.stringify(error)} ${String((error as Error)?.cause)}`, KEY, name);
    }
  });

  t.test(`${service}: vectors of another length than configured are refused, with both lengths (W-79)`, async (t) => {
    const { embedder, peer } = await setUpEmbedder(t, service, { settings: { dimension: 12 } });
    await t.rejects(embedder.embed(['a'], 'document', SIGNAL), {
      code: 'EMBEDDER_DIMENSION',
      message: /gave vectors of 8 numbers; embedders\.main\.dimension is 12/,
    });
    t.equal(peer.requests.length, 1);
    const auto = await setUpEmbedder(t, service);
    await auto.embedder.embed(['a'], 'document', SIGNAL);
    auto.peer.script({ type: 'vectors', change: (all) => all.map(() => [1, 2, 3]) });
    await t.rejects(auto.embedder.embed(['b'], 'document', SIGNAL), { code: 'EMBEDDER_DIMENSION', message: /of 3 numbers.*had 8 so far/ });
  });

  t.test(`${service}: a request that is too large is halved until it is not, and no text is lost`, async (t) => {
    const refused: EmbeddingReply = status(413, harness.readFailure('Payload too large'));
    const { embedder, peer } = await setUpEmbedder(t, service, { decide: ({ texts }) => (texts.length > 3 ? refused : undefined) });
    const texts = Array.from({ length: 30 }, (_, index) => `${index}`);
    assertVectors(t, await embedder.embed(texts, 'document', SIGNAL), texts, 8);
    t.ok(peer.requests.length < 30, `${peer.requests.length} requests`);
  });

  t.test(`${service}: a text that is too long fails by itself, or is cut where truncate says`, async (t) => {
    const isLong = (text: string) => text.length > 100;
    const long = `${'x'.repeat(300)}END`;
    const decide: EmbeddingPeerOptions['decide'] = ({ texts }) => (texts.some(isLong) ? harness.tooLong : undefined);
    const { embedder, create, peer } = await setUpEmbedder(t, service, { decide });
    await t.rejects(embedder.embed(['a', 'b', long, 'c'], 'document', SIGNAL), {
      code: 'EMBEDDER_TOO_LARGE',
      message: /embedders\.main\.model.*embedders\.main\.truncate/,
    });
    t.equal((await create({ truncate: 'END' }).embed(['a', long], 'document', SIGNAL)).length, 2);
    t.match(peer.requests.at(-1)?.texts, [/^x+$/]);
    await create({ truncate: 'START' }).embed([long], 'document', SIGNAL);
    t.match(peer.requests.at(-1)?.texts, [/^x+END$/]);
  });

  t.test(`${service}: a service that says nothing is given up after the timeout, and its connection closed (EMB-04)`, async (t) => {
    const { embedder, peer } = await setUpEmbedder(t, service, { settings: { timeoutMs: 60 } });
    peer.script({ type: 'silence' }, { type: 'silence' }, { type: 'silence' });
    const arrived = peer.nextRequest();
    await t.rejects(embedder.embed(['a'], 'document', SIGNAL), { code: 'EMBEDDER_TIMEOUT', message: /60 ms .embedders\.main\.timeout/ });
    await (await arrived).aborted;
    t.equal(peer.requests.length, 3);
    const slow = await setUpEmbedder(t, service, {
      settings: { timeoutMs: 60 },
      decide: ({ texts }) => (texts.length > 2 ? { type: 'silence' } : undefined),
    });
    assertVectors(t, await slow.embedder.embed(['a', 'b', 'c', 'd'], 'document', SIGNAL), ['a', 'b', 'c', 'd'], 8);
    t.same(
      slow.peer.requests.map(({ texts }) => texts.length),
      [4, 2, 2],
      'fewer texts at once are quick enough',
    );
  });

  t.test(`${service}: an abort closes the connection, also while waiting for the next try`, async (t) => {
    const { embedder, peer } = await setUpEmbedder(t, service);
    peer.script({ type: 'silence' });
    const abort = new AbortController();
    const arrived = peer.nextRequest();
    const run = embedder.embed(['a'], 'document', abort.signal);
    const { aborted } = await arrived;
    abort.abort(new AppError('TASK_CANCELED'));
    await t.rejects(run, { code: 'TASK_CANCELED' });
    await aborted;
    const waiting = new AbortController();
    peer.script(failed(429, 'slow down', { 'retry-after': '3600' }));
    const refused = peer.nextRequest();
    const second = embedder.embed(['b'], 'document', waiting.signal);
    await refused;
    waiting.abort(new AppError('TASK_LOST'));
    await t.rejects(second, { code: 'TASK_LOST' });
  });
}

export function assertVectors(t: Test, vectors: readonly Float32Array[], texts: readonly string[], dimension: number): void {
  t.equal(vectors.length, texts.length);
  const wrong = texts.filter((text, index) => {
    const vector = vectors[index];
    return vector?.length !== dimension || Math.abs((vector[placeOf(text, dimension)] ?? 0) - 1) > 1e-6;
  });
  t.same(wrong, [], 'each text has its own vector, of length 1');
}

export type { Embedder, EmbeddingPeer };
