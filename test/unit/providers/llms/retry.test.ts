import t from 'tap';
import { AppError } from '../../../../src/base/errors.js';
import { silentLogger } from '../../../../src/observe/log.js';
import type { ModelEvent } from '../../../../src/providers/llms/contract.js';
import { retryBeforeFirstEvent } from '../../../../src/providers/llms/retry.js';
import { createSteeredClock } from '../../../support/steered-clock.js';

type Attempt = () => AsyncIterable<ModelEvent>;

const succeeds: Attempt = async function* () {
  yield { type: 'text', text: 'yes' };
  yield { type: 'finish', reason: 'stop' };
};
const fails = (error: AppError): Attempt =>
  // biome-ignore lint/correctness/useYield: it fails before it says anything
  async function* () {
    throw error;
  };
const unavailable = (status?: number) => new AppError('LLM_UNAVAILABLE', { details: status === undefined ? {} : { status } });

function start(attempts: readonly Attempt[], maxRetries: number) {
  const clock = createSteeredClock();
  const signal = new AbortController();
  let calls = 0;
  const options = { maxRetries, clock, log: silentLogger, random: () => 0.5 };
  const next = () => (attempts[calls++] ?? fails(new AppError('INTERNAL')))();
  const result = (async () => {
    const events: ModelEvent[] = [];
    for await (const event of retryBeforeFirstEvent(next, options, signal.signal)) events.push(event);
    return events;
  })();
  // The test looks at it later.
  result.catch(() => {});
  return { clock, abort: signal, result, calls: () => calls };
}

t.test('network errors are tried again after 2 s, 4 s, 8 s, up to the limit (LLM-03, LLM-04)', async (t) => {
  const run = start([fails(unavailable()), fails(unavailable()), fails(unavailable()), fails(unavailable())], 3);
  for (const expected of [2_000, 4_000, 8_000]) {
    t.equal(await run.clock.untilPending(), expected);
    await run.clock.advance(expected);
  }
  await t.rejects(run.result, { code: 'LLM_UNAVAILABLE' });
  t.equal(run.calls(), 4);
});

t.test('no delay is longer than 60 s, whatever the provider asks for (LLM-03, W-64)', async (t) => {
  const run = start([fails(new AppError('LLM_RATE_LIMITED', { retryAfterMs: 3_600_000 })), succeeds], 1);
  t.equal(await run.clock.untilPending(), 60_000);
  await run.clock.advance(60_000);
  t.equal((await run.result).length, 2);
});

t.test('the provider says when: its delay is taken as it is (LLM-03)', async (t) => {
  const run = start([fails(new AppError('LLM_RATE_LIMITED', { retryAfterMs: 1_234 })), succeeds], 1);
  t.equal(await run.clock.untilPending(), 1_234);
  await run.clock.advance(1_234);
  await run.result;
});

for (const status of [408, 500, 502, 504]) {
  t.test(`status ${status} gets two quick tries, after 2 s and 3 s, however many are allowed (LLM-03)`, async (t) => {
    const run = start([fails(unavailable(status)), fails(unavailable(status)), fails(unavailable(status))], 5);
    t.equal(await run.clock.untilPending(), 2_000);
    await run.clock.advance(2_000);
    t.equal(await run.clock.untilPending(), 3_000);
    await run.clock.advance(3_000);
    await t.rejects(run.result, { code: 'LLM_UNAVAILABLE' });
    t.equal(run.calls(), 3);
  });
}

t.test('nothing is tried again after the first token: text would come twice', async (t) => {
  const breaks: Attempt = async function* () {
    yield { type: 'text', text: 'half' };
    throw unavailable();
  };
  const run = start([breaks, succeeds], 5);
  await t.rejects(run.result, { code: 'LLM_UNAVAILABLE' });
  t.equal(run.calls(), 1);
});

t.test('a permanent refusal is not tried again', async (t) => {
  const run = start([fails(new AppError('LLM_REJECTED')), succeeds], 5);
  await t.rejects(run.result, { code: 'LLM_REJECTED' });
  t.equal(run.calls(), 1);
});

t.test('an abort ends the wait at once with its own reason (LLM-04)', async (t) => {
  const run = start([fails(unavailable()), succeeds], 5);
  await run.clock.untilPending();
  run.abort.abort(new AppError('TASK_CANCELED'));
  await t.rejects(run.result, { code: 'TASK_CANCELED' });
  t.equal(run.clock.pending(), 0);
  t.equal(run.calls(), 1);
});
