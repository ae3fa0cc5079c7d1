/**
 * Values kept beside the conversation (SES-03). The prefix of a key is its scope: none = the session, `user:` = all sessions of the
 * caller with the agent's application, `app:` = everybody, `temp:` = this run alone.
 */
import type { JsonValue } from '../base/json.js';

/** What a step sees, keys with their prefixes. */
export type SessionState = Readonly<Record<string, JsonValue>>;

/** What a step changes, committed with it; `null` deletes. */
export type StateDelta = Readonly<Record<string, JsonValue>>;

export type StateScope = 'session' | 'user' | 'app' | 'temp';

/** The scope that a key's prefix names. */
export function scopeOf(key: string): StateScope {
  const prefix = SCOPES.find((scope) => key.startsWith(`${scope}:`));
  return prefix ?? 'session';
}

/** The state after a change. */
export function withDelta(state: SessionState, delta: StateDelta | undefined): SessionState {
  if (delta === undefined) return state;
  return Object.fromEntries(Object.entries({ ...state, ...delta }).filter(([, value]) => value !== null));
}

/** What a run with a state of its own begins with (AGT-24): the session's, without what the program keeps for itself. */
export function copiedState(state: SessionState): SessionState {
  return Object.fromEntries(Object.entries(state).filter(([key]) => scopeOf(key) === 'session' && !isInternalName(key)));
}

/** What the program keeps for itself beside the values of agents. */
export function isInternalName(key: string): boolean {
  return INTERNAL.test(key);
}

const SCOPES = ['user', 'app', 'temp'] as const;
const INTERNAL = /^_(adk|hector)/;
