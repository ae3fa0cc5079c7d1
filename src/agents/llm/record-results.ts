/** Writes of one step to the ledger (R7): tried until they are kept, and results that arrive together share one. */
import { backoffMs } from '../../base/backoff.js';
import type { Clock } from '../../base/clock.js';
import { toAppError } from '../../base/errors.js';
import type { Logger } from '../../observe/log.js';
import type { ToolCallWrite } from '../../tasks/tool-call.js';
import type { StepContext } from '../agent.js';

/**
 * A database that is away for a moment must cost neither a result that cannot be had again nor a question about a call that
 * never began: the write is tried until it succeeds, is refused for good, or the step is aborted. Writing it twice is harmless.
 * @throws AppError `TASK_LOST`, or what made it impossible.
 */
export async function recordSurely(
  rows: readonly ToolCallWrite[],
  { ledger, signal }: Pick<StepContext, 'ledger' | 'signal'>,
  clock: Clock,
): Promise<void> {
  for (let failures = 1; ; failures++) {
    try {
      return await ledger.record(rows);
    } catch (error) {
      if (signal.aborted || toAppError(error).disposition !== 'retry') throw error;
      await clock.sleep(backoffMs(failures, BACKOFF), signal);
    }
  }
}

/** Results: an abort says nothing about what was done, so that they are tried a while longer. */
export async function recordResults(
  rows: readonly ToolCallWrite[],
  { ledger, signal }: Pick<StepContext, 'ledger' | 'signal'>,
  clock: Clock,
): Promise<void> {
  for (let failures = 1, late = 1; ; failures++) {
    try {
      return await ledger.record(rows);
    } catch (error) {
      if (toAppError(error).disposition !== 'retry' || (signal.aborted && late++ > MAX_LATE_TRIES)) throw error;
      await clock.sleep(backoffMs(failures, BACKOFF));
    }
  }
}

const BACKOFF = { baseMs: 50, maxMs: 1_000 };
/** After the abort; some seconds, as long as the database answers that it is away. */
const MAX_LATE_TRIES = 8;

/** Settles when the row is committed. */
export type RecordResult = (row: ToolCallWrite) => Promise<void>;

/**
 * Rows that arrive while a write is under way share the next one. An abort ends the wait for a write, not the write: it says nothing
 * about what a tool has done.
 */
export function createRecordResult(context: Pick<StepContext, 'ledger' | 'signal'>, clock: Clock, log: Logger): RecordResult {
  let gathering: { readonly rows: ToolCallWrite[]; readonly written: Promise<void> } | undefined;
  let previous: Promise<void> = Promise.resolve();
  return (row) => {
    if (gathering === undefined) {
      const rows: ToolCallWrite[] = [];
      const written = previous.then(() => {
        gathering = undefined;
        return recordResults(rows, context, clock);
      });
      gathering = { rows, written };
      // Each caller hears of the failure of its own write, unless its step is over; the next one is tried all the same.
      previous = written.catch((error: unknown) => {
        if (!context.signal.aborted) return;
        log.info({ err: error, callIds: rows.map(({ callId }) => callId) }, 'the result of an aborted call was not kept');
      });
    }
    gathering.rows.push(row);
    return gathering.written;
  };
}
