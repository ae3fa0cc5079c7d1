import type { Clock } from '../base/clock.js';
import type { Settings } from '../config/settings.js';
import type { Logger } from '../observe/log.js';
import type { TraceReader } from '../observe/tracing/span-ring.js';
import type { ToolsetHealth } from '../providers/tools/contract.js';
import type { AcceptMessage } from '../tasks/accept-message.js';
import type { CancelTask } from '../tasks/cancel-task.js';
import type { CallSignals, FeedPublisher, LeaseView } from '../tasks/coordination.js';
import type { RecoveryStore } from '../tasks/recovery-store.js';
import type { SessionStore } from '../tasks/session-store.js';
import type { CountedQueue, StepQueue, StepQueueView } from '../tasks/step-queue.js';
import type { ConfigVersionStore, TaskStore } from '../tasks/task-store.js';
import type { ToolCallStore } from '../tasks/tool-call.js';
import type { ConfigPort } from './config-port.js';
import type { KnowledgePort } from './knowledge-port.js';

/** What the management API needs of the run log, its coordination and the document stores. */
export interface StudioPorts {
  readonly tasks: Pick<TaskStore, 'find' | 'events' | 'descendants'>;
  readonly recovery: Pick<RecoveryStore, 'resume' | 'openRuns' | 'statistics'>;
  readonly toolCalls: Pick<ToolCallStore, 'toolCalls' | 'countToolCalls'>;
  readonly sessions: SessionStore;
  readonly versions: Pick<ConfigVersionStore, 'find'>;
  readonly leases: LeaseView;
  readonly queue: Pick<StepQueue, 'enqueue'> & StepQueueView;
  /** Of steps, documents and deliveries. */
  readonly queues: readonly CountedQueue[];
  /** Why Redis refuses writes, in its words; `undefined` = it takes them. @throws while Redis is away. */
  readonly findRedisRefusal: () => Promise<string | undefined>;
  readonly publisher: Pick<FeedPublisher, 'publishEvents'>;
  readonly acceptMessage: AcceptMessage;
  readonly cancelTask: CancelTask;
  readonly callSignals: Pick<CallSignals, 'cancel'>;
  readonly knowledge: KnowledgePort;
  /** The servers whose tools this process uses. */
  readonly toolsets: () => readonly ToolsetHealth[];
  /** The spans that ended last in this process. Default: it keeps none. */
  readonly traces?: TraceReader | undefined;
  /** Where the configuration comes from, and how it is changed. `undefined`: this process was given settings, and no place to read them again. */
  readonly config?: ConfigPort | undefined;
  /** Those that new runs begin with. */
  readonly currentSettings: () => Pick<Settings, 'server'>;
  /** `queue.lease_ms` */
  readonly leaseMs: number;
  /** The keeper's lease, and the longest until it finds a run whose worker died, or whose job was lost; milliseconds. */
  readonly sweep: { readonly lease: string; readonly orphanMs: number; readonly lostJobMs: number };
  readonly clock: Clock;
  readonly log: Logger;
}
