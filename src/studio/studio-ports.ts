import type { Clock } from '../base/clock.js';
import type { Logger } from '../observe/log.js';
import type { AcceptMessage } from '../tasks/accept-message.js';
import type { CancelTask } from '../tasks/cancel-task.js';
import type { LeaseView } from '../tasks/coordination.js';
import type { RecoveryStore } from '../tasks/recovery-store.js';
import type { StepQueue, StepQueueView } from '../tasks/step-queue.js';
import type { ConfigVersionStore, TaskStore } from '../tasks/task-store.js';
import type { ToolCallStore } from '../tasks/tool-call.js';

/** What the management API needs of the run log and its coordination. */
export interface StudioPorts {
  readonly tasks: Pick<TaskStore, 'find' | 'events'>;
  readonly recovery: Pick<RecoveryStore, 'resume' | 'openRuns' | 'statistics'>;
  readonly toolCalls: Pick<ToolCallStore, 'toolCalls'>;
  readonly versions: Pick<ConfigVersionStore, 'find'>;
  readonly leases: LeaseView;
  readonly queue: Pick<StepQueue, 'enqueue'> & StepQueueView;
  readonly acceptMessage: AcceptMessage;
  readonly cancelTask: CancelTask;
  /** `queue.lease_ms` */
  readonly leaseMs: number;
  /** Longest until the recovery sweep looks at a run that nobody has, milliseconds. */
  readonly sweepMs: number;
  /** Under which name a keeper holds the lease of the recovery sweep. */
  readonly sweepDuty: string;
  readonly clock: Clock;
  readonly log: Logger;
}
