/** What a message says about the calls that wait for somebody: pure (TOOL-61, TOOL-62, W-30, W-31). */
import { canonicalJson, isJsonObject, type JsonObject, type JsonValue } from '../../base/json.js';
import { trimEndOf } from '../../base/trim.js';
import { type SessionMessage, textOf } from '../../tasks/session-message.js';
import type { CallQuestion } from '../../tasks/tool-call.js';

/** A call that somebody was asked about. */
export interface AskedCall {
  readonly callId: string;
  readonly asks: CallQuestion;
  readonly argumentsHash: string;
}

export type Decision =
  | { readonly type: 'approve' }
  /** `reason`: what the model is told; '' = none given. */
  | { readonly type: 'deny'; readonly reason: string }
  /** It was carried out; `result` as the person knows it. */
  | { readonly type: 'done'; readonly result?: string }
  | { readonly type: 'retry' }
  | { readonly type: 'skip' };

export interface DecisionScope {
  readonly taskId: string;
  readonly asked: readonly AskedCall[];
  /** Calls of the same answer that need no decision any more. */
  readonly settled: ReadonlySet<string>;
}

export interface ReadDecisions {
  /** By call id. A call is decided by its id alone, never by the name of its tool. */
  readonly decisions: ReadonlyMap<string, Decision>;
  /** Why the message, or a part of it, decided nothing; for people. */
  readonly problems: readonly string[];
  /** It holds nothing but decisions, valid or not: it is nothing that a model should read. */
  readonly isOnlyDecision: boolean;
}

export function readDecisions(message: SessionMessage, scope: DecisionScope): ReadDecisions {
  const entries = message.parts.flatMap((part) => (part.type === 'data' && isDecisionData(part.data) ? [part.data] : []));
  const text = textOf(message).trim();
  const word = readWord(text);
  const hasOtherParts = message.parts.some((part) => part.type !== 'text' && !(part.type === 'data' && isDecisionData(part.data)));
  const read = entries.length > 0 ? readEntries(entries, word, scope) : readText(word, scope);
  const hasDecision = entries.length > 0 || word !== undefined;
  return { ...read, isOnlyDecision: hasDecision && !hasOtherParts && (text === '' || word !== undefined) };
}

/** Nothing but decisions, valid or not: nothing that a model should read. */
export function isOnlyDecision(message: SessionMessage): boolean {
  return readDecisions(message, { taskId: '', asked: [], settled: new Set() }).isOnlyDecision;
}

type Read = Omit<ReadDecisions, 'isOnlyDecision'>;

const nothing = (...problems: readonly string[]): Read => ({ decisions: new Map(), problems });

/** A word decides only while there is one call that it can mean. */
function readText(word: Decision | undefined, { asked }: DecisionScope): Read {
  const [only] = asked;
  if (word === undefined) return nothing('The message decides nothing.');
  if (only === undefined) return nothing('No call waits for a decision.');
  if (asked.length > 1)
    return nothing(`${asked.length} calls wait, so '${word.type}' alone is not enough: decide each by its tool_call_id.`);
  if (!fits(word, only)) return nothing(describeMismatch(only));
  return { decisions: new Map([[only.callId, word]]), problems: [] };
}

function readEntries(entries: readonly JsonObject[], word: Decision | undefined, scope: DecisionScope): Read {
  const wellFormed = entries.flatMap((entry) => readEntry(entry) ?? []);
  const contradicted = wellFormed.find(
    ({ callId, decision }) =>
      (word !== undefined && word.type !== decision.type) ||
      wellFormed.some((other) => other.callId === callId && !isSame(other.decision, decision)),
  );
  if (contradicted !== undefined)
    return nothing(`The message says different things about call '${shorten(contradicted.callId)}', so it decides nothing.`);

  const decisions = new Map<string, Decision>();
  const problems: string[] = [];
  for (const entry of entries) {
    const outcome = decide(entry, scope);
    if (typeof outcome === 'string') problems.push(outcome);
    else if (!decisions.has(outcome.callId)) decisions.set(outcome.callId, outcome.decision);
  }
  return { decisions, problems };
}

interface Decided {
  readonly callId: string;
  readonly decision: Decision;
}

/** A problem, as a text, or what is decided. */
function decide(entry: JsonObject, { taskId, asked, settled }: DecisionScope): string | Decided {
  const { tool_call_id: callId, task_id: entryTask, arguments_hash: hash } = entry;
  if (typeof callId !== 'string' || callId === '') return `A ${String(entry['type'])} part has no tool_call_id.`;
  const name = `'${shorten(callId)}'`;
  if (entryTask !== undefined && entryTask !== taskId) return `The decision about call ${name} is for another task.`;
  if (settled.has(callId)) return `Call ${name} is decided already; the first decision stands.`;
  const call = asked.find((candidate) => candidate.callId === callId);
  if (call === undefined) return `No call ${name} waits for a decision.`;
  if (hash !== undefined && hash !== call.argumentsHash)
    return `The arguments_hash for call ${name} is not that of its arguments; it is ${call.argumentsHash}.`;
  const read = readEntry(entry);
  return read !== undefined && fits(read.decision, call) ? read : describeMismatch(call);
}

function readEntry(entry: JsonObject): Decided | undefined {
  const { type, tool_call_id: callId, decision, outcome, reason, result } = entry;
  if (typeof callId !== 'string') return undefined;
  const word = type === 'tool_approval' ? decision : outcome;
  switch (word) {
    case 'approve':
      return type === 'tool_approval' ? { callId, decision: { type: 'approve' } } : undefined;
    case 'deny':
      return type === 'tool_approval'
        ? { callId, decision: { type: 'deny', reason: typeof reason === 'string' ? reason.trim() : '' } }
        : undefined;
    case 'done':
      return type === 'tool_outcome'
        ? { callId, decision: { type: 'done', ...(result === undefined || result === null ? {} : { result: toText(result) }) } }
        : undefined;
    case 'retry':
    case 'skip':
      return type === 'tool_outcome' ? { callId, decision: { type: word } } : undefined;
    default:
      return undefined;
  }
}

export function readWord(text: string): Decision | undefined {
  switch (trimEndOf(text.toLowerCase(), '.!')) {
    case 'approve':
    case 'approved':
      return { type: 'approve' };
    case 'deny':
    case 'denied':
    case 'reject':
      return { type: 'deny', reason: '' };
    case 'done':
      return { type: 'done' };
    case 'retry':
      return { type: 'retry' };
    case 'skip':
      return { type: 'skip' };
    default:
      return undefined;
  }
}

function fits(decision: Decision, { asks }: AskedCall): boolean {
  return (decision.type === 'approve' || decision.type === 'deny') === (asks === 'approval');
}

function describeMismatch({ callId, asks }: AskedCall): string {
  const wanted =
    asks === 'approval' ? 'a tool_approval with the decision approve or deny' : 'a tool_outcome with the outcome done, retry or skip';
  return `Call '${shorten(callId)}' waits for ${wanted}.`;
}

/** Why somebody denies does not change what is decided. */
function isSame(a: Decision, b: Decision): boolean {
  return a.type === b.type && (a.type === 'deny' || canonicalJson(a) === canonicalJson(b));
}

export function isDecisionData(data: JsonValue): data is JsonObject {
  return isJsonObject(data) && (data['type'] === 'tool_approval' || data['type'] === 'tool_outcome');
}

function toText(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Ids in problems come from outside. */
function shorten(id: string): string {
  return id.length <= MAX_ID_LENGTH ? id : `${id.slice(0, MAX_ID_LENGTH)}…`;
}

const MAX_ID_LENGTH = 100;
