/** `npm run bench -- embedding-pace [--seconds 60]`: how near two processes come to what a service with limits allows (method in README.md). */
import { parseArgs } from 'node:util';
import { measureEmbeddingPace } from '../test/support/measure-embedding-pace.js';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string', default: '1' } } });
const disposers: (() => unknown)[] = [];
try {
  const figures = await measureEmbeddingPace(
    { teardown: (run) => void disposers.unshift(run) },
    { seconds: Number(values.seconds), seed: Number(values.seed) },
  );
  const { ratio, leastMs, tookMs, lost, texts, requests, refusals } = figures;
  console.log(`embedding-pace: ${texts} texts in ${requests} requests by two processes, ${lost} lost`);
  console.log(`  least possible ${(leastMs / 1000).toFixed(1)} s  took ${(tookMs / 1000).toFixed(1)} s  ratio ${ratio.toFixed(3)}`);
  console.log(
    `  refused for an empty bucket ${refusals.bucket}, by chance ${refusals.chance}, too large ${refusals.large}, failed ${refusals.failed}`,
  );
} finally {
  for (const dispose of disposers) await dispose();
}
