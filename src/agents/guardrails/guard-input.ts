/**
 * What an agent reads of its user (GRD-01): messages as the checks leave them, and without those that they refuse. The log and the session keep
 * what was sent; so what is read follows from the message and the run's own configuration (R12) alone, and is the same on every worker.
 */
import { isJsonObject, type JsonValue } from '../../base/json.js';
import type { Message, Part } from '../../protocol/a2a.js';
import { guessMediaType } from '../../providers/llms/describe-file.js';
import { type SessionMessage, type SessionPart, toSessionPart } from '../../tasks/session-message.js';
import type { TaskEvent } from '../../tasks/task-event.js';
import type { StepState } from '../agent.js';
import { markOf } from '../child-questions.js';
import { ownRun } from '../llm/own-run.js';
import { withoutDecisions } from '../llm/prepare-history.js';
import { isOnlyDecision } from '../llm/read-decisions.js';
import { checkTexts, type InputChecks } from './check-texts.js';
import { isTextType } from './guard-value.js';
import type { Violation } from './text-rule.js';

interface CheckedMessage {
  readonly message: SessionMessage;
  readonly violations: readonly Violation[];
  readonly isBlocked: boolean;
}

export interface GuardedInput {
  readonly history: readonly SessionMessage[];
  /** Of messages that no earlier step of the run has seen. */
  readonly violations: readonly Violation[];
  /** Ids of those among them that are refused: the run ends. */
  readonly refused: readonly string[];
  /** The newest message that was looked at. */
  readonly heard: string;
}

export type GuardInput = (state: Pick<StepState, 'history' | 'task'>, heard: string) => GuardedInput;

/** Each message is checked once in a worker's turn with its run, whatever the number of steps. */
export function createInputGuard(checks: InputChecks): GuardInput {
  const known = new WeakMap<SessionMessage, CheckedMessage>();
  const check = (message: SessionMessage): CheckedMessage => {
    let checked = known.get(message);
    if (checked === undefined) {
      checked = checkMessage(message, checks);
      known.set(message, checked);
    }
    return checked;
  };
  return ({ history, task }, heard) => {
    const read = ownRun(withoutDecisions(history), task.createdAt).filter(({ role }) => role === 'user');
    const seen = read.findLastIndex((message) => markOf(message) === heard);
    const news = read.slice(seen + 1).map(check);
    const view = history.flatMap((message) => {
      if (message.role !== 'user') return [message];
      const checked = check(message);
      return checked.isBlocked ? [] : [checked.message];
    });
    return {
      // The same list where nothing has changed: whoever keeps something by it finds it again.
      history: view.length === history.length && view.every((message, index) => message === history[index]) ? history : view,
      violations: news.flatMap(({ violations }) => violations),
      refused: news.filter(({ isBlocked }) => isBlocked).map(({ message }) => message.id),
      heard: markOf(read.at(-1)),
    };
  };
}

/** The same of messages as the run's log has them. */
export function guardEvents(events: readonly TaskEvent[], checks: InputChecks): readonly TaskEvent[] {
  return events.map((event) => {
    if (event.type !== 'task.created' && event.type !== 'message.added') return event;
    return { ...event, message: guardMessage(event.message, checks) };
  });
}

function guardMessage(message: Message, checks: InputChecks): Message {
  const parts = message.parts.map(toSessionPart);
  const checked = checkMessage({ id: message.messageId, role: 'user', author: 'user', parts, createdAt: 0 }, checks).message.parts;
  if (checked === parts) return message;
  return {
    ...message,
    parts: message.parts.map((part, index): Part => {
      const own = checked[index];
      return own?.type === 'text' && part.text !== undefined ? { ...part, text: own.text } : part;
    }),
  };
}

function checkMessage(message: SessionMessage, checks: InputChecks): CheckedMessage {
  const { parts } = message;
  const texts = parts.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  const others = parts.flatMap(textsIn);
  const checked = checkTexts({ texts, others, isDecision: isOnlyDecision(message) }, checks);
  const isSame = checked.texts.every((text, index) => text === texts[index]);
  const rest = checked.texts.values();
  const changed = () => parts.map((part): SessionPart => (part.type === 'text' ? { ...part, text: rest.next().value ?? '' } : part));
  return { ...checked, message: isSame ? message : { ...message, parts: changed() } };
}

/** What a model may read of a part beside texts. */
function textsIn(part: SessionPart): readonly string[] {
  if (part.type === 'data') return stringsIn(part.data);
  if (part.type !== 'file') return [];
  const { raw, filename = '', url = '' } = part;
  const mediaType = part.mediaType ?? guessMediaType(filename || url);
  // What is neither an image nor a document is read as its address, whatever that holds.
  const isShown = url.startsWith('data:') && BINARY_TYPE.test(mediaType);
  const named = [filename, ...(isShown ? [] : [url, withEscapesRead(url)])].filter((text) => text !== '');
  return raw !== undefined && isTextType(mediaType) ? [...named, Buffer.from(raw, 'base64').toString('utf8')] : named;
}

function withEscapesRead(url: string): string {
  const text = url.replaceAll(/(?:%[\da-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString('utf8'));
  return text === url ? '' : text;
}

/** Not by calls in calls: clients choose how deep it is. */
function stringsIn(value: JsonValue): readonly string[] {
  const found: string[] = [];
  const left: JsonValue[] = [value];
  for (let one = left.pop(); one !== undefined; one = left.pop()) {
    if (typeof one === 'string') found.push(one);
    else if (Array.isArray(one)) for (const item of one) left.push(item);
    else if (isJsonObject(one))
      for (const [key, member] of Object.entries(one)) {
        found.push(key);
        if (member !== undefined) left.push(member);
      }
  }
  return found;
}

const BINARY_TYPE = /^(?:image\/(?!svg)|audio\/|video\/|application\/pdf)/i;
