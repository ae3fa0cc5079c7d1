/** Runs tasks by hand: each call of a test is one thing that an agent worker would do, in its order (commit, then publish). */
import { isoTime } from '../../src/base/clock.js';
import type { Part, TaskState } from '../../src/protocol/a2a.js';
import type { FeedPublisher } from '../../src/tasks/coordination.js';
import type { TaskEventBody } from '../../src/tasks/task-event.js';
import type { CommitOutcome, TaskStore } from '../../src/tasks/task-store.js';

export interface StepWork {
  readonly events?: readonly TaskEventBody[];
  /** Default WORKING: the run goes on. */
  readonly state?: TaskState;
}

export interface TestRun {
  preview(text: string, artifactId?: string): Promise<void>;
  commit(work: StepWork): Promise<CommitOutcome>;
  /** The whole answer as one artifact, and COMPLETED. */
  finish(text: string): Promise<void>;
  /** A status with a message of the agent. */
  rest(state: TaskState, text?: string): Promise<void>;
}

export async function takeTask(store: TaskStore, publisher: FeedPublisher, taskId: string, now = Date.now): Promise<TestRun> {
  const taken = await store.take(taskId, now());
  if (taken.type !== 'taken') throw new Error(`cannot take ${taskId}: ${taken.type}`);
  await publisher.publishEvents(taken.events);
  const { epoch, contextId } = taken.task;
  let { seq, step } = taken.task;
  let n = 0;
  const run: TestRun = {
    async preview(text, artifactId = 'answer') {
      n += 1;
      await publisher.publishDelta({ taskId, contextId, seq, epoch, n, artifactId, text });
    },
    async commit({ events = [], state = 'TASK_STATE_WORKING' }) {
      const outcome = await store.commit({ taskId, epoch, step, state, control: {}, messages: [], events, at: now() });
      if (outcome.type === 'committed') {
        await publisher.publishEvents(outcome.events);
        seq = outcome.task.seq;
        step = outcome.task.step;
        n = 0;
      }
      return outcome;
    },
    async finish(text) {
      await run.commit({
        state: 'TASK_STATE_COMPLETED',
        events: [artifact([{ text }]), status('TASK_STATE_COMPLETED')],
      });
    },
    async rest(state, text) {
      await run.commit({ state, events: [status(state, text)] });
    },
  };
  return run;
}

export function status(state: TaskState, text?: string): TaskEventBody {
  const message = text === undefined ? undefined : { messageId: `status ${text}`, role: 'ROLE_AGENT' as const, parts: [{ text }] };
  return { type: 'status.changed', status: { state, timestamp: isoTime(Date.now()), ...(message === undefined ? {} : { message }) } };
}

export function artifact(
  parts: readonly Part[],
  options: { artifactId?: string; append?: boolean; lastChunk?: boolean } = {},
): TaskEventBody {
  const { artifactId = 'answer', append = false, lastChunk = true } = options;
  return { type: 'artifact.updated', artifact: { artifactId, parts }, append, lastChunk };
}
