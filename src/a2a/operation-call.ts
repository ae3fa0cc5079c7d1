/** What operations are given: their dependencies, once, and the call they answer. */
import type { Principal } from '../access/principal.js';
import type { RateLimits } from '../access/rate-limits.js';
import type { StreamQuota } from '../access/stream-quota.js';
import type { Clock } from '../base/clock.js';
import type { AgentSettings, Settings } from '../config/settings.js';
import type { Logger } from '../observe/log.js';
import type { Observer } from '../observe/observer.js';
import type { AcceptMessage } from '../tasks/accept-message.js';
import type { LimitUse } from '../tasks/admission.js';
import type { CancelTask } from '../tasks/cancel-task.js';
import type { LiveFeed } from '../tasks/live-feed.js';
import type { TaskListStore } from '../tasks/task-list-store.js';
import type { TaskStore } from '../tasks/task-store.js';
import type { AgentCards } from './agent-cards.js';
import type { PushPorts } from './push/push-ports.js';

export interface OperationDependencies {
  /** The current settings; a reload shows at the next call. */
  readonly settings: () => Settings;
  readonly store: TaskStore & TaskListStore;
  readonly acceptMessage: AcceptMessage;
  readonly cancelTask: CancelTask;
  readonly feed: LiveFeed;
  readonly cards: AgentCards;
  /** Of all bindings together. */
  readonly quota: StreamQuota;
  /** Default: nobody is limited. */
  readonly limits?: Pick<RateLimits, 'admitCall'>;
  readonly log: Logger;
  /** Told of failures of ours. Default: nobody is. */
  readonly observer?: Observer;
  readonly clock: Clock;
  /** `undefined`: push notifications are not supported (P1). */
  readonly push?: PushPorts;
}

export interface OperationCall {
  /** Key of the addressed agent. */
  readonly agent: string;
  readonly agentSettings: AgentSettings;
  readonly principal: Principal;
  /** As the request names it, wherever its binding carries it; '' = none. What belongs to another one does not exist (U1). */
  readonly tenant: string;
  /** As the client reaches this server over HTTP, without trailing slash: cards hold it. */
  readonly baseUrl: string;
  /** Aborted when the client has gone: detaches, never cancels (R6). */
  readonly signal: AbortSignal;
  /** Activated extensions (H2). */
  readonly extensions: ReadonlySet<string>;
  /** `Last-Event-ID` as the client sent it (R10). */
  readonly lastEventId: string | undefined;
  /** Of the protocol that the client speaks; a webhook is spoken to in the same. Default `1.0`. */
  readonly wireVersion?: string;
  /** A part of what the client asked for, which was counted. Default false. */
  readonly isPart?: boolean;
  /** Told what is left of the caller's limits. Default: nobody is. */
  readonly onLimits?: (uses: readonly LimitUse[]) => void;
}
