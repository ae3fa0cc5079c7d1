/**
 * The tasks this process is running, so that a cancel or a drain can reach them.
 *
 * Owns: one AbortController per running task. Does not own: leases, commits.
 */
import { AppError, type ErrorCode } from '../base/errors.js';

export class RunningTasks {
  readonly #controllers = new Map<string, AbortController>();
  readonly #onEmpty: (() => void)[] = [];

  get size(): number {
    return this.#controllers.size;
  }

  /** Registers a run; its signal aborts on cancel and on the end of a drain. Call `end` when it is over. */
  begin(taskId: string): { readonly signal: AbortSignal; end(): void } {
    const controller = new AbortController();
    this.#controllers.set(taskId, controller);
    return {
      signal: controller.signal,
      end: () => {
        if (this.#controllers.get(taskId) === controller) this.#controllers.delete(taskId);
        if (this.#controllers.size > 0) return;
        for (const resolve of this.#onEmpty.splice(0)) resolve();
      },
    };
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
    for (const taskId of [...this.#controllers.keys()]) this.#abort(taskId, 'STEP_ABORTED');
  }

  #abort(taskId: string, code: ErrorCode): void {
    this.#controllers
      .get(taskId)
      ?.abort(new AppError(code, { message: `Task ${taskId}: ${code === 'TASK_CANCELED' ? 'canceled' : 'this worker is shutting down'}` }));
  }
}
