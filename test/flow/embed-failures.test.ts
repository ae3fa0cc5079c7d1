/** Documents and a service that embeds them: what one fault does, and to whom. */
import t, { type Test } from 'tap';
import { systemClock } from '../../src/base/clock.js';
import type { EmbedderSettings } from '../../src/config/settings.js';
import { silentLogger } from '../../src/observe/log.js';
import { createEmbedder } from '../../src/providers/embedders/registry.js';
import { embedderSettings } from '../support/embedder-settings.js';
import { defaultStore, openKnowledge } from '../support/knowledge-rig.js';
import { type EmbeddingPeerOptions, startEmbeddingPeer } from '../support/peers/embedding-peer.js';

async function setUp(t: Test, decide: NonNullable<EmbeddingPeerOptions['decide']>, settings: Partial<EmbedderSettings> = {}) {
  const peer = await startEmbeddingPeer(t, 'openai', { decide });
  const rig = await openKnowledge(t, {
    settings: { indexing: { ...defaultStore('').indexing, maxConcurrent: 1 } },
    wrapEmbedder: (local) =>
      createEmbedder(embedderSettings({ provider: 'openai', model: 'm', baseUrl: peer.url, ...settings }), {
        name: 'main',
        textThreads: { run: () => Promise.reject(new Error(`not ${local.provider}`)) },
        // Waits between tries are not what this is about.
        clock: { ...systemClock, sleep: (_ms, signal) => systemClock.sleep(0, signal) },
        log: silentLogger,
      }),
  });
  for (let index = 0; index < 12; index++) rig.write(`doc-${index}.txt`, `Text of document ${index}${index === 5 ? ' with poison' : ''}.`);
  const find = async (id: string) => (await rig.chunkStore.findDocuments('docs', [id])).get(id);
  return { peer, rig, find };
}

const refused = (status: number, message: string) =>
  ({ type: 'status', status, body: { error: { message, type: '', param: null, code: null } } }) as const;

t.test('a text that the service refuses fails its own document alone, in few requests (W-72, RAG-31)', async (t) => {
  for (const reply of [
    refused(400, 'unsuitable'),
    refused(500, 'NaN'),
    refused(400, "This model's maximum context length is 8192 tokens"),
  ]) {
    const { rig, peer, find } = await setUp(t, ({ texts }) => (texts.some((text) => text.includes('poison')) ? reply : undefined));
    t.match(await rig.ingest(), { done: 11, failed: 1, finished: true });
    t.match(await find('doc-5.txt'), { status: 'failed', stage: 'embed', lastError: /embedders\.main/ });
    t.ok(peer.requests.length <= 24, `${peer.requests.length} requests`);
    await rig.close();
  }
});

t.test('vectors of another length than configured stop the ingest: nothing is indexed, and no document is called failed', async (t) => {
  const { rig, find } = await setUp(t, () => undefined, { dimension: 32 });
  const result = await rig.ingest();
  t.match(result.error, { code: 'EMBEDDER_DIMENSION', message: /vectors of 8 numbers; embedders\.main\.dimension is 32/ });
  t.match(result, { done: 0, failed: 0, chunks: 0 });
  t.match(await find('doc-1.txt'), { status: 'pending', attempts: 0, chunkCount: 0 });
});

t.test('a refused key stops the ingest at the first request', async (t) => {
  const { rig, peer } = await setUp(t, () => refused(401, 'no'));
  t.match((await rig.ingest()).error, { code: 'EMBEDDER_UNAUTHORIZED' });
  t.equal(peer.requests.length, 1);
});

t.test('a service that is away fails the documents, which are tried again by the next ingest (RAG-31, RAG-36)', async (t) => {
  let isAway = true;
  const { rig, peer, find } = await setUp(t, () => (isAway ? refused(503, 'away') : undefined));
  t.match(await rig.ingest(), { done: 0, failed: 12 });
  t.equal(peer.requests.length, 3, 'three tries, not three for each document');
  t.match(await find('doc-1.txt'), { status: 'failed', stage: 'embed' });
  isAway = false;
  t.match(await rig.ingest(), { done: 12, failed: 0 });
  t.equal((await rig.search('Text of document 3.', 12)).length, 12);
});
