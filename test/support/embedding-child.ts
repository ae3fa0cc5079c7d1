/** A process that embeds its share of texts, paced through Redis: arguments are the peer's and the Redis's address, share, shares, texts. */
import { systemClock } from '../../src/base/clock.js';
import { hasCode } from '../../src/base/errors.js';
import { silentLogger } from '../../src/observe/log.js';
import { createEmbedder } from '../../src/providers/embedders/registry.js';
import { connectRedis } from '../../src/storage/redis/connect.js';
import { RedisPace } from '../../src/storage/redis/redis-pace.js';
import type { ThreadPools } from '../../src/threads/pools.js';
import { embedderSettings } from './embedder-settings.js';
import { placeOf } from './peers/embedding-peer.js';

const [url = '', redisUrl = '', share = '', shares = '', count = ''] = process.argv.slice(2);
const WORKERS = 4;
/** As the ingest does: the chunks of a few documents at a time. */
const TEXTS_AT_ONCE = 60;

export function paceText(index: number): string {
  return `${String(index).padStart(8, '0')} ${'word '.repeat(78)}`.slice(0, 396);
}

const connections = await connectRedis({ url: redisUrl, role: 'test', log: silentLogger, clock: systemClock });
const embedder = createEmbedder(embedderSettings({ provider: 'openai', model: 'm', baseUrl: url, apiKey: 'k', batchSize: 20 }), {
  name: 'main',
  textThreads: undefined as unknown as ThreadPools['text'],
  clock: systemClock,
  log: silentLogger,
  pace: new RedisPace({ client: connections.main, keyPrefix: 'pace' }),
});
const texts = Array.from({ length: Number(count) }, (_, index) => index)
  .filter((index) => index % Number(shares) === Number(share))
  .map(paceText);
process.stdout.write('ready\n');
await new Promise((resolve) => process.stdin.once('data', resolve));
/** What failed three times in a row comes again, as a failed document does with the next ingest. */
const parts: string[][] = [];
for (let at = 0; at < texts.length; at += TEXTS_AT_ONCE) parts.push(texts.slice(at, at + TEXTS_AT_ONCE));
let embedded = 0;
await Promise.all(
  Array.from({ length: WORKERS }, async () => {
    for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
      try {
        const vectors = await embedder.embed(part, 'document', new AbortController().signal);
        embedded += part.filter((text, index) => Math.abs((vectors[index]?.[placeOf(text, 8)] ?? 0) - 1) < 1e-6).length;
      } catch (error) {
        if (!hasCode(error, 'EMBEDDER_UNAVAILABLE')) throw error;
        parts.push(part);
      }
    }
  }),
);
process.stdout.write(`embedded ${embedded}\n`);
await connections.close();
process.stdin.destroy();
