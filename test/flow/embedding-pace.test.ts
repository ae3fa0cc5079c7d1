import t from 'tap';
import { chooseSeed, isLongForm, reportFigure } from '../support/long-form.js';
import { measureEmbeddingPace } from '../support/measure-embedding-pace.js';

t.test('two processes share what a service allows: no text is lost to 429, 413 and 5xx, and little time (RAG-36, W-79)', async (t) => {
  const seed = chooseSeed(4);
  t.comment(`seed ${seed}`);
  const { lost, ratio, requests, refusals, tookMs } = await measureEmbeddingPace(t, { seconds: isLongForm ? 60 : 4, seed });
  reportFigure(t, 'pace', `${ratio.toFixed(3)} of the least time, ${requests} requests, ${JSON.stringify(refusals)}`);
  t.equal(lost, 0);
  // A failure near the end of a short run costs its own waits of one and two seconds, however well the rest went.
  t.ok(ratio <= (isLongForm ? 1.15 : 3), `${tookMs.toFixed(0)} ms, ${ratio.toFixed(3)} of the least`);
  t.ok(refusals.bucket < requests * 0.2, `${refusals.bucket} of ${requests} requests found an empty bucket`);
});
