/**
 * Values kept beside the conversation (SES-03). The prefix of a key is its scope: none = the session, `user:` = all sessions of the
 * caller with the agent's application, `app:` = everybody, `temp:` = this run alone.
 */
import type { JsonValue } from '../base/json.js';

/** What a step sees, keys with their prefixes. */
export type SessionState = Readonly<Record<string, JsonValue>>;

/** What a step changes, committed with it; `null` deletes. */
export type StateDelta = Readonly<Record<string, JsonValue>>;
