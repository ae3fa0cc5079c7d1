/** Results of one step's calls into the ledger: those that arrive while a write is under way share the next one (R7). */
import { backoffMs } from '../../base/backoff.js';
import type { Clock } from '../../base/clock.js';
import { toAppError } from '../../base/errors.js';
import type { ToolCallWrite } from '../../tasks/tool-call.js';
import type { StepContext } from '../agent.js';

/** Settles when the row is committed. @throws AppError `TASK_LOST`, or what made it impossible. */
export type RecordResult = (row: ToolCallWrite) => Promise<void>;

/**
 * A database that is away for a moment must not cost a result that cannot be had again: the write is tried until it
 * succeeds, is refused for good, or the step is aborted.
 */
export function createRecordResult({ ledger, signal }: Pick<StepContext, 'ledger' | 'signal'>, clock: Clock): RecordResult {
  let gathering: { readonly rows: ToolCallWrite[]; readonly written: Promise<void> } | undefined;
  let previous: Promise<void> = Promise.resolve();

  async function write(rows: readonly ToolCallWrite[]): Promise<void> {
    for (let failures = 1; ; failures++) {
      try {
        return await ledger.record(rows);
      } catch (error) {
        if (signal.aborted || toAppError(error).disposition !== 'retry') throw error;
        await clock.sleep(backoffMs(failures, { baseMs: 50, maxMs: 1_000 }), signal);
      }
    }
  }

  return (row) => {
    if (gathering === undefined) {
      const rows: ToolCallWrite[] = [];
      const written = previous.then(() => {
        gathering = undefined;
        return write(rows);
      });
      gathering = { rows, written };
      // Each caller hears of the failure of its own write; the next one is tried all the same.
      previous = written.catch(() => {});
    }
    gathering.rows.push(row);
    return gathering.written;
  };
}
