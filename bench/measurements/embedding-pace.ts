/** How near two processes come to what a service with limits allows. */
import { measureEmbeddingPace } from '../../test/support/measure-embedding-pace.js';
import { type Measurement, readCount } from '../frame/measurement.js';

export const embeddingPace: Measurement = {
  name: 'embedding-pace',
  // Buckets fill with time, so it takes its time; --seconds is that of the frame.
  budgetSeconds: { full: 0, quick: 0 },
  rows: [
    {
      name: 'embedding-pace',
      question: 'How much longer than least possible do two processes take to embed texts at a service with limits?',
      method:
        "A peer with OpenAI's wire has buckets of requests and of tokens, and refuses at random (4 % 429, 4 % 413, 4 % 5xx); two processes share a Redis. Buckets fill per second instead of per minute. Least possible: all tokens, less those that the full bucket had, at the bucket's rate. One repeat, no warm-up; no text may be lost.",
      unit: '× the least',
      better: 'lower',
    },
  ],
  async measure(run) {
    const disposers: (() => unknown)[] = [];
    try {
      const seconds = readCount(run, 'least-seconds', run.isQuick ? 5 : 40);
      const { ratio, leastMs, tookMs, lost, texts, requests, refusals } = await measureEmbeddingPace(
        { teardown: (dispose) => void disposers.unshift(dispose) },
        { seconds, seed: readCount(run, 'seed', 1) },
      );
      if (lost > 0) throw new Error(`${lost} texts were lost`);
      const also = {
        texts,
        requests,
        'refused by chance': refusals.chance,
        'for an empty bucket': refusals.bucket,
        'too large': refusals.large,
      };
      return [
        {
          row: 'embedding-pace',
          target: 'hector, 2 processes',
          repeats: [ratio],
          also: { 'least s': leastMs / 1_000, 'took s': tookMs / 1_000, ...also },
        },
      ];
    } finally {
      for (const dispose of disposers) await dispose();
    }
  },
};
