import type { Clock } from '../base/clock.js';
import { describeError } from '../base/errors.js';
import { within } from '../base/within.js';
import type { Logger } from '../observe/log.js';

/** The answer, or `undefined` when it fails or is late: who asks tells that it is not known. */
export async function answerWithin<T>(
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
  what: string,
  answer: Promise<T>,
): Promise<T | undefined> {
  try {
    return await within(clock, ANSWER_MS, answer);
  } catch (error) {
    log.debug({ reason: describeError(error) }, `${what} is not known`);
    return undefined;
  }
}

const ANSWER_MS = 500;
