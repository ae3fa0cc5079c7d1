import type { Clock } from './clock.js';

/** Settles as `answer` does, or rejects after `ms`. What a late answer says is heard by nobody, also when it is an error. */
export async function within<T>(clock: Clock, ms: number, answer: Promise<T>): Promise<T> {
  const answered = new AbortController();
  const late = clock.sleep(ms, answered.signal).then(() => {
    throw new Error(`no answer within ${ms} ms`);
  });
  // Rejected by the abort below, once the answer is there.
  late.catch(() => undefined);
  try {
    return await Promise.race([answer, late]);
  } finally {
    answered.abort(new Error('answered'));
  }
}
