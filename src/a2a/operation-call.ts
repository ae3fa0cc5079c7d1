/** What operations are given: their dependencies, once, and the call they answer. */
import type { Principal } from '../access/principal.js';
import type { Clock } from '../base/clock.js';
import type { AgentSettings, Settings } from '../config/settings.js';
import type { Logger } from '../observe/log.js';
import type { AcceptMessage } from '../tasks/accept-message.js';
import type { CancelTask } from '../tasks/cancel-task.js';
import type { LiveFeed } from '../tasks/live-feed.js';
import type { TaskListStore } from '../tasks/task-list-store.js';
import type { TaskStore } from '../tasks/task-store.js';

export interface OperationDependencies {
  /** The current settings; a reload shows at the next call. */
  readonly settings: () => Settings;
  readonly store: TaskStore & TaskListStore;
  readonly acceptMessage: AcceptMessage;
  readonly cancelTask: CancelTask;
  readonly feed: LiveFeed;
  readonly log: Logger;
  readonly clock: Clock;
}

export interface OperationCall {
  /** Key of the addressed agent. */
  readonly agent: string;
  readonly agentSettings: AgentSettings;
  readonly principal: Principal;
  /** As the request names it, wherever its binding carries it; '' = none. What belongs to another one does not exist (U1). */
  readonly tenant: string;
  /** Aborted when the client has gone: detaches, never cancels (R6). */
  readonly signal: AbortSignal;
  /** Activated extensions (H2). */
  readonly extensions: ReadonlySet<string>;
  /** `Last-Event-ID` as the client sent it (R10). */
  readonly lastEventId: string | undefined;
}
