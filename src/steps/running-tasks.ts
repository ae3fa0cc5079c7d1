/**
 * The tasks this process is running, so that a cancel or a drain can reach them.
 *
 * Owns: one AbortController per running task, and per call that it runs. Does not own: leases, commits.
 */
import type { RunningCalls } from '../agents/llm/cancelable-calls.js';
import { AppError, type ErrorCode } from '../base/errors.js';
import { KeyedRoll } from '../base/keyed-roll.js';
import type { CallReference } from '../tasks/coordination.js';
import type { TaskRecord } from '../tasks/task-store.js';

export interface RunningTask {
  /** Aborts on cancel and on the end of a drain. */
  readonly signal: AbortSignal;
  /** From now on it aborts with this one too. */
  follow(other: AbortSignal): void;
  /** It is over. Safe to call twice. */
  end(): void;
}

export class RunningTasks {
  readonly #controllers = new KeyedRoll<AbortController>();
  readonly #calls = new Set<CallReference & { readonly rootId: string; readonly controller: AbortController }>();
  readonly #onEmpty: (() => void)[] = [];

  get size(): number {
    return this.#controllers.size;
  }

  has(taskId: string): boolean {
    return this.#controllers.has(taskId);
  }

  /** Registers a run. */
  begin(taskId: string): RunningTask {
    const controller = new AbortController();
    this.#controllers.set(taskId, controller);
    return {
      signal: controller.signal,
      // Both end with the run; `AbortSignal.any` would leave more to the garbage collector than all else of a turn.
      follow: (other) => {
        const abort = (): void => controller.abort(other.reason);
        if (other.aborted) abort();
        else other.addEventListener('abort', abort, { once: true });
      },
      end: () => {
        if (this.#controllers.get(taskId) === controller) this.#controllers.delete(taskId);
        if (this.#controllers.size > 0) return;
        for (const resolve of this.#onEmpty.splice(0)) resolve();
      },
    };
  }

  /** Where a run's steps keep their calls. */
  callsOf({ id: taskId, child }: Pick<TaskRecord, 'id' | 'child'>): RunningCalls {
    return {
      begin: (callId) => {
        const call = { taskId, rootId: child?.rootId ?? taskId, callId, controller: new AbortController() };
        this.#calls.add(call);
        return { signal: call.controller.signal, end: () => void this.#calls.delete(call) };
      },
    };
  }

  /** API-09: stops a call of this run or of one below it, which is a root then. @returns whether it runs here. */
  cancelCall({ taskId, callId }: CallReference): boolean {
    const found = [...this.#calls].filter((call) => call.callId === callId && (call.taskId === taskId || call.rootId === taskId));
    for (const { controller } of found)
      controller.abort(new AppError('TOOL_CALL_CANCELED', { message: `Somebody canceled the call '${callId}'` }));
    return found.length > 0;
  }

  /** Resolves when nothing runs; at once when nothing does. */
  whenEmpty(): Promise<void> {
    return this.#controllers.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#onEmpty.push(resolve));
  }

  /** R6: the task was canceled in SQL; stop its work. Unknown ids run elsewhere, or no more. */
  cancel(taskId: string): void {
    this.#abort(taskId, 'TASK_CANCELED');
  }

  /** The drain's budget is used up: stop everything; other workers take over from the last commit. */
  abortAll(): void {
    for (const taskId of this.#controllers.keys()) this.#abort(taskId, 'STEP_ABORTED');
  }

  #abort(taskId: string, code: ErrorCode): void {
    this.#controllers
      .get(taskId)
      ?.abort(new AppError(code, { message: `Task ${taskId}: ${code === 'TASK_CANCELED' ? 'canceled' : 'this worker is shutting down'}` }));
  }
}
