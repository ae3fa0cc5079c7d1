/** What is asked and answered about a run that does not seem to move. */
import type { JobPlace } from './step-queue.js';
import type { TaskRecord } from './task-store.js';
import type { CallQuestion } from './tool-call.js';

/** What holds a run, or moves it. */
export type RunRule =
  | 'ended'
  /** Somebody outside has to answer. */
  | 'waiting'
  /** Nobody answered in time; the keeper ends it. */
  | 'expired'
  /** Its worker died, and the configuration leaves it to people to resume it (CHK-08). */
  | 'held'
  /** An earlier run of its session has not ended. */
  | 'behind'
  /** Runs that it branched into work. */
  | 'branched'
  | 'running'
  | 'worker-died'
  /** Its step was begun so often without a commit that the next failures end it. */
  | 'giving-up'
  /** No instance can build the configuration that it is pinned to (R12). */
  | 'config-missing'
  | 'queued'
  /** No process takes step jobs. */
  | 'no-worker'
  /** Runnable, but neither a worker nor a job has it; the sweep gives it one. */
  | 'orphaned'
  /** As `orphaned` or `worker-died`, and nobody sweeps. */
  | 'no-keeper'
  /** Redis answers and takes nothing: no lease, no job. */
  | 'redis-refuses'
  /** Only what SQL holds is known. */
  | 'redis-away';

export interface Explanation {
  readonly rule: RunRule;
  /** One sentence. */
  readonly summary: string;
  /** What it rests on, one fact each. */
  readonly evidence: readonly string[];
  /** What to do, or what happens by itself. */
  readonly next: string;
  /** `behind`: the run in front, and what holds that one. */
  readonly front?: { readonly taskId: string; readonly explanation: Explanation };
}

/** A tool call that somebody is asked about. */
export interface OpenCall {
  readonly callId: string;
  readonly tool: string;
  readonly asks: CallQuestion;
}

export interface TaskFacts {
  readonly now: number;
  /** Runs below it. Default: none. */
  readonly branches?: readonly TaskRecord[];
  /** Time to live of a lease, milliseconds. */
  readonly leaseMs: number;
  /** Longest until the sweep finds a run whose worker died, and one whose job was lost; milliseconds. */
  readonly orphanMs: number;
  readonly lostJobMs: number;
  readonly openCalls: readonly OpenCall[] | undefined;
  readonly isConfigStored: boolean | undefined;
  /** Until the run's lease ends unless it is renewed; 0 = nobody holds it. */
  readonly leaseRemainingMs: number | undefined;
  readonly job: JobPlace | undefined;
  /** Processes that take step jobs. */
  readonly workers: number | undefined;
  readonly isKeeperOnDuty: boolean | undefined;
  /** Why Redis refuses writes, in its words; `undefined`: it does not, or it does not answer. */
  readonly redisRefusal: string | undefined;
  /** The run of its session that goes first, when that is another one. */
  readonly front: { readonly task: TaskRecord; readonly facts: TaskFacts } | undefined;
}
