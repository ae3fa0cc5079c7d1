/** Names and payloads of the queues (ARCHITECTURE §6). No `:` in names or job ids: BullMQ forbids it. */
import type { ConnectionOptions } from 'bullmq';

export const STEP_QUEUE = 'agent-steps';

/** Ids only: what SQL holds is not repeated in Redis. */
export interface StepJob {
  readonly taskId: string;
  /** Trace context of the request (`TaskRecord.traceparent`), or ''. */
  readonly traceparent: string;
}

export const INGEST_QUEUE = 'ingest';

export const PUSH_QUEUE = 'push';

export interface PushJob {
  /** Of a push config. */
  readonly key: string;
}

/** How BullMQ reaches Redis. `storage/redis` supplies it, so that nothing here knows the client. */
export interface QueueConnection {
  readonly connection: ConnectionOptions;
  /** Prefix of all queue keys. */
  readonly prefix: string;
}
