/**
 * Contract of push notification configs and of how far each has got (P2–P5, P9). Implemented by `storage/sql`, in the run log's database.
 *
 * A config's place is the `seq` of the newest event that its webhook took. Only the deliverer that read a place may move it on:
 * `record` compares the revision and the place, and an older one changes nothing. So two that overlap may send an event twice,
 * and neither can make the other leave one out.
 */

/** Who may see a config is its task's to say: ask for the task first. */
export interface PushConfig {
  /** Made of the task's and the config's id; fit for any queue or index. */
  readonly key: string;
  readonly taskId: string;
  /** As the client chose it, or the server. Unique in the task. */
  readonly id: string;
  /** As registered; echoed in answers. */
  readonly tenant: string;
  readonly url: string;
  /** Sealed by whoever stores it (P11), as is `credentials`; '' = none. */
  readonly token: string;
  /** Of the Authorization header; '' = none is sent. */
  readonly scheme: string;
  readonly credentials: string;
  /** Of the protocol, as it was registered: deliveries speak it. */
  readonly wireVersion: string;
  /** The first delivery is the Task as it was at this event. */
  readonly startSeq: number;
  /** 0 = nothing yet. */
  readonly deliveredSeq: number;
  /** Another one whenever the client saves the config, also after a delete. */
  readonly revision: number;
  /** `ended`: the task has, and its last event was delivered. */
  readonly state: 'active' | 'given-up' | 'ended';
  /** Since the last delivery that worked. */
  readonly failures: number;
  /** Not before this; 0 = at once. */
  readonly nextAttemptAt: number;
  readonly createdAt: number;
}

export interface PushConfigInput
  extends Pick<PushConfig, 'taskId' | 'id' | 'tenant' | 'url' | 'token' | 'scheme' | 'credentials' | 'wireVersion'> {
  /** Default: the task's newest event. Unused when the config replaces one, which keeps its place. */
  readonly startSeq?: number;
  /** A further config is refused beyond this. */
  readonly maxPerTask: number;
  readonly at: number;
}

export type SavePushOutcome =
  | { readonly type: 'saved'; readonly config: PushConfig }
  | { readonly type: 'too-many' }
  | { readonly type: 'no-task' };

/** What a try of delivery came to. */
export interface PushProgress {
  readonly config: Pick<PushConfig, 'key' | 'revision' | 'deliveredSeq' | 'failures'>;
  /** Default: stays where it was. */
  readonly deliveredSeq?: number;
  readonly state: PushConfig['state'];
  readonly failures: number;
  readonly nextAttemptAt: number;
}

/** A config with events that its webhook has not got. */
export type DuePush = Pick<PushConfig, 'key' | 'taskId'>;

export interface DuePushPage {
  readonly due: readonly DuePush[];
  /** Continue behind this key; `undefined` = all were looked at. */
  readonly next: string | undefined;
}

export interface PushConfigStore {
  /** A new one, or in place of the one with this id, which becomes active again where it was. */
  save(input: PushConfigInput): Promise<SavePushOutcome>;
  find(taskId: string, id: string): Promise<PushConfig | undefined>;
  /** Of the task, oldest first; never more than `maxPerTask` allowed. */
  list(taskId: string): Promise<readonly PushConfig[]>;
  /** P5: whether it was there. */
  delete(taskId: string, id: string): Promise<boolean>;
  findByKey(key: string): Promise<PushConfig | undefined>;
  /** False: the config is gone or was replaced, or another deliverer moved on. */
  record(progress: PushProgress): Promise<boolean>;
  /** Looks at `limit` active configs behind `after` for those that are due at `at`. */
  due(at: number, limit: number, after?: string): Promise<DuePushPage>;
}
