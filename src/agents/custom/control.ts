import type { JsonObject } from '../../base/json.js';
import type { Attempts } from '../llm/control.js';

/** What a custom agent keeps between its commits: small, and nothing that the log already holds (R8). */
export interface CustomControl {
  /** The author's own. */
  readonly state: JsonObject;
  /** Text artifacts that earlier commits began and nothing has closed. */
  readonly openTexts: readonly string[];
  /** Something was put out: the answer is a task, not a message. */
  readonly hasOutput: boolean;
  /** The message that the handler answers while others decide about its effects; `undefined`: the newest one. */
  readonly messageId: string | undefined;
  /** Effects of unknown outcome that somebody was asked about, by call id. */
  readonly asked: Attempts;
}

export function readControl(control: JsonObject): CustomControl {
  const { state, openTexts, hasOutput, messageId, asked } = control;
  return {
    state: (state ?? {}) as JsonObject,
    openTexts: (openTexts ?? []) as readonly string[],
    hasOutput: hasOutput === true,
    messageId: typeof messageId === 'string' ? messageId : undefined,
    asked: (asked ?? {}) as unknown as Attempts,
  };
}

export function writeControl({ state, openTexts, hasOutput, messageId, asked }: CustomControl): JsonObject {
  return {
    ...(Object.keys(state).length === 0 ? {} : { state }),
    ...(openTexts.length === 0 ? {} : { openTexts }),
    ...(hasOutput ? { hasOutput } : {}),
    ...(messageId === undefined ? {} : { messageId }),
    ...(Object.keys(asked).length === 0 ? {} : { asked: asked as unknown as JsonObject }),
  };
}
