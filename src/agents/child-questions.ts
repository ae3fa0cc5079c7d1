/**
 * Runs below this one that wait for somebody: what the root asks for them, and whom an answer concerns: pure.
 *
 * The root is the only one that clients know. So a wait tells every open question, and one message may answer several of them. A decision
 * goes to the run whose call it names; words go to the runs that asked for words, and when none did, to all that wait.
 */
import { newId } from '../base/ids.js';
import { isJsonObject, type JsonObject } from '../base/json.js';
import type { Message, Part } from '../protocol/a2a.js';
import { isInterrupted } from '../protocol/task-state.js';
import { type SessionMessage, type SessionPart, textOf } from '../tasks/session-message.js';
import type { TaskRecord } from '../tasks/task-store.js';
import type { ChildMessage, ChildRun, StepOutcome } from './agent.js';
import { isDecisionData, readWord } from './llm/read-decisions.js';

type Wait = Extract<StepOutcome, { type: 'wait' }>;
export type Question = Pick<Wait, 'state' | 'statusMessage' | 'statusMetadata' | 'expiresAfterMs'>;

export interface AskOptions {
  /** What this run asks for itself. Default: nothing. */
  readonly own?: Question;
  /** Why the last message did not reach anybody. */
  readonly problems: readonly string[];
  readonly task: Pick<TaskRecord, 'id' | 'contextId'>;
  readonly now: number;
}

export function findWaiting(children: readonly ChildRun[]): readonly ChildRun[] {
  return children.filter(({ state }) => isInterrupted(state));
}

/** One wait for all open questions. When one below this run expires, this one is woken; only its own ends it. */
export function mergeQuestions(waiting: readonly ChildRun[], { own, problems, task, now }: AskOptions): Question {
  const asked = waiting.map((child) => ({ child, parts: child.statusMessage?.parts ?? [] }));
  const isOne = waiting.length + (own === undefined ? 0 : 1) === 1;
  const texts = [
    ...problems,
    ...(own === undefined ? [] : [textIn(own.statusMessage)]),
    ...asked.map(({ child, parts }) => (isOne ? textIn({ parts }) : `[${child.agent}] ${textIn({ parts })}`)),
  ];
  const prompt = texts.filter((text) => text !== '').join('\n');
  const parts: Part[] = [
    { text: prompt },
    ...(own?.statusMessage.parts ?? []).filter(isNoText),
    ...asked.flatMap(({ child, parts }) => parts.filter(isNoText).map((part) => withAgent(part, child.agent))),
  ];
  const callIds = [...callIdsIn(own?.statusMetadata), ...waiting.flatMap(({ statusMetadata }) => callIdsIn(statusMetadata))];
  const needsInput = own !== undefined || waiting.some(({ state }) => state === 'TASK_STATE_INPUT_REQUIRED');
  return {
    state: needsInput ? 'TASK_STATE_INPUT_REQUIRED' : 'TASK_STATE_AUTH_REQUIRED',
    statusMessage: { messageId: newId(now), role: 'ROLE_AGENT', taskId: task.id, contextId: task.contextId, parts },
    statusMetadata: {
      ...(isOne ? (own?.statusMetadata ?? waiting[0]?.statusMetadata) : {}),
      input_required: true,
      long_running_tool_ids: callIds,
      input_prompt: prompt,
    },
    ...(own?.expiresAfterMs === undefined ? {} : { expiresAfterMs: own.expiresAfterMs }),
  };
}

export interface RoutedAnswer {
  readonly says: readonly ChildMessage[];
  /** What is left for the run itself; `undefined`: nothing. */
  readonly own: SessionMessage | undefined;
  /** Why it reached nobody, or a part of it did not. */
  readonly problems: readonly string[];
}

/** @param ownCalls calls that this run itself asks about. */
export function routeAnswer(message: SessionMessage, waiting: readonly ChildRun[], ownCalls: ReadonlySet<string>): RoutedAnswer {
  const asking = waiting.map(({ key, statusMetadata }) => ({ key, callIds: callIdsIn(statusMetadata) }));
  const shares = new Map<string, SessionPart[]>();
  const give = (key: string, part: SessionPart) => void shares.set(key, [...(shares.get(key) ?? []), part]);
  const own: SessionPart[] = [];
  const problems: string[] = [];
  for (const part of message.parts) {
    const callId = decidedCall(part);
    if (callId === undefined) continue;
    const owner = asking.find(({ callIds }) => callIds.includes(callId));
    if (owner !== undefined) give(owner.key, part);
    // A run that asks something itself knows best what is wrong with a decision that is nobody's.
    else if (ownCalls.size > 0) own.push(part);
    else problems.push(`No call '${callId.slice(0, MAX_ID_LENGTH)}' waits for a decision.`);
  }
  const rest = message.parts.filter((part) => decidedCall(part) === undefined);
  const isLoneWord = rest.length === message.parts.length && readWord(textOf(message).trim()) !== undefined;
  const openCalls = asking.reduce((sum, { callIds }) => sum + callIds.length, ownCalls.size);
  if (isLoneWord && openCalls > 1) {
    const word = readWord(textOf(message).trim())?.type;
    problems.push(`${openCalls} calls wait, so '${word}' alone is not enough: decide each by its tool_call_id.`);
  } else if (rest.length > 0) {
    const hears =
      isLoneWord && openCalls === 1 ? whoAsks(asking, ownCalls) : whoHears(asking, ownCalls, [...shares.keys()], own.length > 0);
    for (const key of hears.keys) for (const part of rest) give(key, part);
    if (hears.own) own.push(...rest);
  }
  const says = [...shares].map(([key, parts]) => ({ key, message: { ...message, parts } }));
  return { says, own: own.length === 0 ? undefined : { ...message, parts: own }, problems };
}

interface Asking {
  readonly key: string;
  readonly callIds: readonly string[];
}

interface Hearing {
  readonly keys: readonly string[];
  /** The run itself. */
  readonly own: boolean;
}

/** Whose is the only open call. */
function whoAsks(asking: readonly Asking[], ownCalls: ReadonlySet<string>): Hearing {
  return { keys: asking.filter(({ callIds }) => callIds.length > 0).map(({ key }) => key), own: ownCalls.size > 0 };
}

/** Words are for those that wait for words and for those that a decision beside them is for; else for all. */
function whoHears(asking: readonly Asking[], ownCalls: ReadonlySet<string>, decided: readonly string[], ownDecided: boolean): Hearing {
  const keys = asking.filter(({ key, callIds }) => callIds.length === 0 || decided.includes(key)).map(({ key }) => key);
  if (keys.length > 0 || ownDecided) return { keys, own: ownDecided };
  return { keys: asking.map(({ key }) => key), own: ownCalls.size > 0 };
}

/** Tells a message that was routed from a new one; clients choose ids. */
export function markOf(message: SessionMessage | undefined): string {
  return message === undefined ? '' : `${message.createdAt} ${message.id}`;
}

function decidedCall(part: SessionPart): string | undefined {
  if (part.type !== 'data' || !isDecisionData(part.data)) return undefined;
  const callId = (part.data as JsonObject)['tool_call_id'];
  return typeof callId === 'string' ? callId : '';
}

function callIdsIn(metadata: JsonObject | undefined): readonly string[] {
  const ids = metadata?.['long_running_tool_ids'];
  return Array.isArray(ids) ? ids.filter((id): id is string => typeof id === 'string') : [];
}

function withAgent(part: Part, agent: string): Part {
  return isJsonObject(part.data) ? { ...part, data: { agent, ...part.data } } : part;
}

function isNoText({ text }: Part): boolean {
  return text === undefined;
}

function textIn({ parts }: Pick<Message, 'parts'>): string {
  return parts.map(({ text }) => text ?? '').join('');
}

const MAX_ID_LENGTH = 100;
