/** The two ways in which 0.3 writes one thing: JSON-RPC has JSON of its own, HTTP+JSON is ProtoJSON. What they share is in `to-legacy.ts`. */
import type { Part, Role, TaskPushNotificationConfig, TaskState } from '../../protocol/a2a.js';
import type { FieldReader } from '../../protocol/field-reader.js';

export type LegacyObject = Readonly<Record<string, unknown>>;

/** Names of `StreamResponse` members, and what 0.3 calls each in JSON-RPC. */
export const KINDS = { task: 'task', message: 'message', statusUpdate: 'status-update', artifactUpdate: 'artifact-update' } as const;

export type EventName = keyof typeof KINDS;

export interface LegacyForm {
  readonly states: Readonly<Record<TaskState, string>>;
  readonly roles: Readonly<Record<Role, string>>;
  /** Also as `roles` has it: what a client's own role may look like. */
  readonly isUser: (role: unknown) => boolean;
  /** Member of a message that holds its parts; those of an artifact are `parts` in both. */
  readonly messageParts: 'parts' | 'content';
  /** ProtoJSON of 0.3 has no field for the tasks that a message refers to. */
  readonly hasReferences: boolean;
  /** Marks an object as what it is; ProtoJSON has no need of it. */
  readonly mark: (name: EventName) => LegacyObject;
  /** An answer or an event whose kind its receiver does not know beforehand. */
  readonly wrap: (name: EventName, value: LegacyObject) => LegacyObject;
  readonly toPart: (part: Part) => LegacyObject;
  /** The part as 1.0 has it, unchecked but for what only 0.3 has; reports problems through `fields`. */
  readonly readPart: (fields: FieldReader) => LegacyObject;
  readonly partHint: string;
  /** Names of the message's members that may hold it: ProtoJSON takes the proto's own name too. */
  readonly messageNames: readonly string[];
  readonly pushConfigName: 'pushNotificationConfig' | 'pushNotification';
  /** Whether a configuration that does not say waits for the end of the task. */
  readonly blocksByDefault: boolean;
  readonly toPushConfig: (config: TaskPushNotificationConfig, inner: LegacyObject) => LegacyObject;
  readonly toPushConfigs: (configs: readonly LegacyObject[]) => unknown;
  /** Result of a deletion. */
  readonly nothing: null | LegacyObject;
  /** Where 0.3 has the field that 1.0 has at this path of a SendMessage request. */
  readonly fieldName: (path: string) => string;
}
