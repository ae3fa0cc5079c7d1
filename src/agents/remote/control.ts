import type { JsonObject } from '../../base/json.js';
import type { Attempts } from '../llm/control.js';

/** What a remote agent's run keeps between its commits: small, and nothing that the log already holds (R8). */
export interface RemoteControl {
  /** The message under way; `undefined`: none is. */
  readonly sending: Sending | undefined;
  /** The remote task, once it is known. */
  readonly taskId: string | undefined;
  /** Of the remote agent. */
  readonly contextId: string | undefined;
  /** Behind what is committed, if its streams can be resumed. */
  readonly cursor: string | undefined;
  /** The remote agent's question that the run waits with, or that `sending` answers: id of its message, '' without one. */
  readonly question: string | undefined;
  /** Text artifacts that earlier commits began and nothing has closed. */
  readonly openTexts: readonly string[];
  /** A message of unknown outcome that somebody was asked about. */
  readonly asked: Attempts;
}

export interface Sending {
  /** Its `messageId`, the same for every attempt. */
  readonly messageId: string;
  /** Of the newest message that it is made of (`markOf`). */
  readonly upTo: string;
}

export function readControl(control: JsonObject): RemoteControl {
  const text = (key: string) => (typeof control[key] === 'string' ? control[key] : undefined);
  return {
    sending: control['sending'] as unknown as Sending | undefined,
    taskId: text('taskId'),
    contextId: text('contextId'),
    cursor: text('cursor'),
    question: text('question'),
    openTexts: (control['openTexts'] ?? []) as readonly string[],
    asked: (control['asked'] ?? {}) as unknown as Attempts,
  };
}

export function writeControl({ openTexts, asked, ...rest }: RemoteControl): JsonObject {
  return {
    ...(Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)) as JsonObject),
    ...(openTexts.length === 0 ? {} : { openTexts }),
    ...(Object.keys(asked).length === 0 ? {} : { asked: asked as unknown as JsonObject }),
  };
}
