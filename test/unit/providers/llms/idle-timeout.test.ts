import t from 'tap';
import { AppError } from '../../../../src/base/errors.js';
import { withIdleTimeout } from '../../../../src/providers/llms/idle-timeout.js';
import { createSteeredClock } from '../../../support/steered-clock.js';

const never = new Promise<never>(() => {});
const message = 'nothing came';

t.test('silence ends the stream; a long stream that goes on does not (LLM-02)', async (t) => {
  const clock = createSteeredClock();
  let inner: AbortSignal | undefined;
  const source = async function* () {
    for (let number = 1; number <= 5; number++) {
      await clock.sleep(900);
      yield number;
    }
    await Promise.race([never, new Promise((_, reject) => inner?.addEventListener('abort', () => reject(inner?.reason)))]);
  };
  const seen: number[] = [];
  const open = async (signal: AbortSignal) => {
    inner = signal;
    return source();
  };
  const run = (async () => {
    const stream = withIdleTimeout(open, {
      idleTimeoutMs: 1_000,
      clock,
      signal: new AbortController().signal,
      message,
    });
    for await (const item of stream) seen.push(item);
  })();
  run.catch(() => {});
  await clock.advance(4_500);
  t.same(seen, [1, 2, 3, 4, 5]);
  t.notOk(inner?.aborted);
  await clock.advance(1_000);
  await t.rejects(run, { code: 'LLM_TIMEOUT', message });
  t.ok(inner?.aborted, 'the request was ended');
  t.equal(clock.pending(), 0);
});

t.test('the wait for the first word is bounded too', async (t) => {
  const clock = createSteeredClock();
  const open = (signal: AbortSignal) => new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  const run = withIdleTimeout(open, { idleTimeoutMs: 50, clock, signal: new AbortController().signal, message }).next();
  run.catch(() => {});
  await clock.advance(50);
  await t.rejects(run, { code: 'LLM_TIMEOUT' });
});

t.test('a slow consumer does not make the provider look silent', async (t) => {
  const clock = createSteeredClock();
  const source = async function* () {
    yield 1;
    yield 2;
  };
  const stream = withIdleTimeout(async () => source(), { idleTimeoutMs: 1_000, clock, signal: new AbortController().signal, message });
  t.equal((await stream.next()).value, 1);
  await clock.advance(60_000);
  t.equal((await stream.next()).value, 2);
  t.ok((await stream.next()).done);
});

t.test('a consumer that leaves ends the request, and a client that ends quietly on abort does not look complete', async (t) => {
  const clock = createSteeredClock();
  let inner: AbortSignal | undefined;
  const source = async function* () {
    yield 1;
    await new Promise<void>((resolve) => inner?.addEventListener('abort', () => resolve()));
  };
  const open = async (signal: AbortSignal) => {
    inner = signal;
    return source();
  };
  const outer = new AbortController();
  const options = { idleTimeoutMs: 1_000, clock, signal: outer.signal, message };
  const left = withIdleTimeout(open, options);
  await left.next();
  await left.return();
  t.ok(inner?.aborted);

  const aborted = withIdleTimeout(open, options);
  await aborted.next();
  const waiting = aborted.next();
  outer.abort(new AppError('TASK_CANCELED'));
  await t.rejects(waiting, { code: 'TASK_CANCELED' });
});

t.test("a provider's keep-alive is a sign of life, although it is no item (LLM-02)", async (t) => {
  const clock = createSteeredClock();
  let alive = () => {};
  const open = (signal: AbortSignal, onBytes: () => void) => {
    alive = onBytes;
    return new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  };
  let ended = false;
  const run = withIdleTimeout(open, { idleTimeoutMs: 1_000, clock, signal: new AbortController().signal, message }).next();
  run.catch(() => {
    ended = true;
  });
  for (let count = 0; count < 5; count++) {
    await clock.advance(800);
    alive();
  }
  t.notOk(ended);
  await clock.advance(999);
  t.notOk(ended);
  await clock.advance(1);
  await t.rejects(run, { code: 'LLM_TIMEOUT' });
});
