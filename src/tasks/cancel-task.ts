/**
 * Cancel (R6): the terminal transition itself is the command. One SQL transaction ends the task and raises its
 * epoch, so a step that is running can commit nothing any more; the announcement only stops its work sooner.
 */
import type { Clock } from '../base/clock.js';
import { AppError } from '../base/errors.js';
import { type Meter, silentMetrics } from '../observe/meter.js';
import { withSpan } from '../observe/trace.js';
import type { Message } from '../protocol/a2a.js';
import type { CancelSignals, FeedPublisher } from './coordination.js';
import type { StepQueue } from './step-queue.js';
import type { TaskRecord, TaskStore } from './task-store.js';

export interface CancelTaskDependencies {
  readonly store: TaskStore;
  readonly queue: StepQueue;
  readonly publisher: FeedPublisher;
  readonly signals: CancelSignals;
  readonly clock: Clock;
  /** Called with every run that a cancel has ended: what works for it elsewhere is to stop, too. Must not throw. Default: nothing does. */
  readonly onCanceled?: (run: TaskRecord) => void;
  /** Default: nobody counts. */
  readonly metrics?: Meter;
}

/**
 * @param message why, for the status that ends it. Default: none.
 * @returns the canceled task; for one that was canceled before, that task again (A15.5, N3).
 * @throws AppError `TASK_NOT_FOUND`, `TASK_NOT_CANCELABLE` (N2).
 */
export type CancelTask = (taskId: string, owner: string, message?: Message) => Promise<TaskRecord>;

export function createCancelTask(dependencies: CancelTaskDependencies): CancelTask {
  const { store, queue, publisher, signals, clock, onCanceled, metrics = silentMetrics } = dependencies;
  return (taskId, owner, message) =>
    withSpan('hector.task.cancel', { 'hector.task.id': taskId }, async () => {
      const outcome = await store.cancel(taskId, owner, message, clock.now());
      switch (outcome.type) {
        case 'not-found':
          throw new AppError('TASK_NOT_FOUND', { message: `Task '${taskId}' not found` });
        case 'terminal':
          throw new AppError('TASK_NOT_CANCELABLE', { message: `Task '${taskId}' has already ended (${outcome.task.state})` });
        case 'already-canceled':
          return outcome.task;
        case 'canceled':
          for (const run of [outcome.task, ...(outcome.ended ?? [])]) {
            onCanceled?.(run);
            metrics.count('agent_requests_total', { agent: run.agent, status: 'canceled' });
          }
          await Promise.all([
            ...[taskId, ...(outcome.ended ?? []).map(({ id }) => id)].map((id) => signals.announce(id)),
            publisher.publishEvents(outcome.events),
          ]);
          if (outcome.next !== undefined) await queue.enqueue(outcome.next, taskId);
          return outcome.task;
      }
    });
}
