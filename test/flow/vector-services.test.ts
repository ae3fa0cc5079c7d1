/** Documents whose vectors a service keeps: ingested, searched and followed by processes that share it. */

import t from 'tap';
import type { VectorServiceSettings } from '../../src/config/settings.js';
import { judgeStore } from '../../src/knowledge/store-health.js';
import { findChromaProblem, startChromaServer } from '../support/chroma-server.js';
import { createInProcessBatches, createInProcessLeases } from '../support/in-process-batches.js';
import { openKnowledge } from '../support/knowledge-rig.js';
import { startFaultFront } from '../support/peers/vectors/fault-front.js';
import { createQdrantPeer } from '../support/peers/vectors/qdrant-peer.js';
import { startVectorPeer } from '../support/peers/vectors/vector-peer.js';
import { serviceSettings } from '../support/service-settings.js';

const topics = ['otters swim in rivers', 'violins have four strings', 'granite is a rock', 'bakers rise early', 'comets have tails'];

async function followDocuments(t: Parameters<typeof openKnowledge>[0], settings: VectorServiceSettings, countRequests: () => number) {
  const coordination = { queue: createInProcessBatches(), leases: createInProcessLeases() };
  const one = await openKnowledge(t, { vectorStore: settings, coordination });
  for (const [index, topic] of topics.entries()) one.write(`doc-${index}.txt`, `It is known that ${topic}.`);
  t.match(await one.ingest(), { done: 5, failed: 0, finished: true });
  t.match((await one.search('which rock is granite'))[0], { documentId: 'doc-2.txt' });
  // Another process on the same database: it finds what is there and sends nothing.
  const requests = countRequests();
  const other = await openKnowledge(t, { vectorStore: settings, coordination, folder: one.folder, stateFolder: one.stateFolder });
  t.match((await other.search('how many strings has a violin'))[0], { documentId: 'doc-1.txt' });
  const asked = countRequests() - requests;
  one.write('doc-2.txt', 'It is known that marble was limestone.');
  one.write('doc-5.txt', 'It is known that llamas hum.');
  t.match(await one.ingest(), { done: 2, finished: true });
  t.match((await other.search('do llamas hum'))[0], { documentId: 'doc-5.txt' });
  t.notMatch(
    (await other.search('granite is a rock')).map(({ content }) => content),
    [/granite/],
  );
  const again = await one.restart();
  t.match((await again.search('marble and limestone'))[0], { documentId: 'doc-2.txt' });
  t.same(again.embedded, [], 'a restart embeds nothing');
  return asked;
}

t.test('chroma, a real server, end to end (VEC-03)', { skip: findChromaProblem() }, async (t) => {
  const server = await startChromaServer(t);
  const front = await startFaultFront(t, server.url);
  await followDocuments(t, serviceSettings('chroma', { url: front.url }), () => front.requests.length);
});

t.test(
  'qdrant: a new process asks for the position and sends no vector; while the service is away, documents are ingested all the same',
  async (t) => {
    const peer = await startVectorPeer(t, createQdrantPeer('k'));
    const front = await startFaultFront(t, peer.url);
    const settings = serviceSettings('qdrant', { url: front.url, apiKey: 'k' });
    const asked = await followDocuments(t, settings, () => front.requests.length);
    t.ok(asked <= 3, `${asked} requests`);
    const rig = await openKnowledge(t, { vectorStore: settings });
    rig.write('a.txt', 'It is known that otters swim in rivers.');
    await front.leave();
    t.match(await rig.ingest(), { done: 1, failed: 0, finished: true, error: undefined, warning: /'docs' cannot be found.*connection/ });
    t.match(await rig.knowledge.counts('docs'), { indexed: 1, chunks: 1 });
    const indexFailure = rig.knowledge.findIndexFailure('docs');
    const [last] = await rig.runs.list({ store: 'docs', before: '', limit: 1 });
    t.match(judgeStore({ counts: await rig.runs.documentCounts('docs'), open: undefined, last, indexFailure, now: Date.now() }), {
      health: 'unhealthy',
      reason: /its index does not follow its documents: .*connection/,
    });
    await front.comeBack();
    t.match((await rig.search('where do otters swim'))[0], { documentId: 'a.txt' });
    t.equal(rig.knowledge.findIndexFailure('docs'), undefined);
    t.equal((await rig.ingest()).warning, undefined);
  },
);
