import type { Clock } from '../base/clock.js';
import { describeError } from '../base/errors.js';
import type { Logger } from '../observe/log.js';

/** The answer, or `undefined` when it fails or is late: who asks tells that it is not known. */
export async function answerWithin<T>(
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
  what: string,
  answer: Promise<T>,
): Promise<T | undefined> {
  const answered = new AbortController();
  const late = clock.sleep(ANSWER_MS, answered.signal).then(() => {
    throw new Error(`no answer within ${ANSWER_MS} ms`);
  });
  // Rejected by the abort below, once the answer is there.
  late.catch(() => undefined);
  try {
    return await Promise.race([answer, late]);
  } catch (error) {
    log.debug({ reason: describeError(error) }, `${what} is not known`);
    return undefined;
  } finally {
    answered.abort(new Error('answered'));
  }
}

const ANSWER_MS = 500;
