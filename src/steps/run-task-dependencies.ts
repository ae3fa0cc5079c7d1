import type { RateLimits } from '../access/rate-limits.js';
import type { Agent } from '../agents/agent.js';
import type { Clock } from '../base/clock.js';
import type { CheckpointSettings } from '../config/settings.js';
import type { Logger } from '../observe/log.js';
import type { Meter } from '../observe/meter.js';
import type { FeedPublisher, LeaseManager } from '../tasks/coordination.js';
import type { RecoveryStore } from '../tasks/recovery-store.js';
import type { StepQueue } from '../tasks/step-queue.js';
import type { TaskStore } from '../tasks/task-store.js';
import type { ToolCallStore } from '../tasks/tool-call.js';
import type { RunningTasks } from './running-tasks.js';

/** What a worker needs for its turns with tasks. */
export interface RunTaskDependencies {
  readonly store: TaskStore & ToolCallStore & Pick<RecoveryStore, 'release' | 'hold'>;
  readonly leases: LeaseManager;
  readonly publisher: FeedPublisher;
  readonly queue: StepQueue & { waiting(): Promise<number> };
  readonly running: RunningTasks;
  /** The agent as the run's config version has it (R12), with all that it needs until `turn` aborts. */
  getAgent(configVersion: string, name: string, turn: AbortSignal): Promise<Agent>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Meter;
  /** Who pays for the tokens of runs. Default: nobody. */
  readonly limits?: Pick<RateLimits, 'spend' | 'countsTokens'>;
  /** This process's name in the log, of no other process before or after it. */
  readonly worker: string;
  /** How long one run keeps its worker while others wait. */
  readonly timeSliceMs: number;
  readonly checkpoint: CheckpointSettings;
  /** `server.limits.max_event_bytes`: what a step may add to a task. Default 8 MiB. */
  readonly maxEventBytes?: number;
  /** `server.limits.max_history_messages`. Default: all of the session is read. */
  readonly maxHistoryMessages?: number;
}
