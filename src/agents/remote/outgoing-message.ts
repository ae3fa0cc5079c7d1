/** What a remote agent is told: pure. It gets what is new since it spoke last, and no id, state or metadata of ours. */
import { isJsonObject } from '../../base/json.js';
import type { Message, Part } from '../../protocol/a2a.js';
import type { SessionMessage, SessionPart } from '../../tasks/session-message.js';
import { markOf } from '../child-questions.js';
import { prepareHistory } from '../llm/prepare-history.js';

export interface OutgoingOptions {
  /** Key of the remote agent. */
  readonly agent: string;
  readonly messageId: string;
  /** Newest message that counts; '' = all. */
  readonly upTo: string;
  /** Our run, and the task that clients know it by. */
  readonly ownTaskIds: readonly string[];
  /** Of the remote agent; `undefined`: a new one. */
  readonly taskId: string | undefined;
  readonly contextId: string | undefined;
}

/** The user's newest message, and what other agents said since; in a later turn of a workflow what they said since this one spoke. */
export function toOutgoingMessage(history: readonly SessionMessage[], options: OutgoingOptions): Message {
  const { agent, messageId, upTo, taskId, contextId } = options;
  const end = upTo === '' ? -1 : history.findLastIndex((message) => markOf(message) === upTo);
  const seen = end === -1 ? history : history.slice(0, end + 1);
  const asked = Math.max(
    0,
    seen.findLastIndex(({ role }) => role === 'user'),
  );
  const spoke = seen.findLastIndex(({ role, author }) => role === 'agent' && author === agent);
  const sinceOwn = spoke < asked ? [] : readAs(agent, seen.slice(spoke + 1));
  const messages = sinceOwn.length > 0 ? sinceOwn : readAs(agent, seen.slice(asked, spoke > asked ? asked + 1 : undefined));
  const parts = messages.flatMap((message) => message.parts.flatMap((part) => toPart(part, options)));
  return {
    messageId,
    ...(contextId === undefined ? {} : { contextId }),
    ...(taskId === undefined ? {} : { taskId }),
    role: 'ROLE_USER',
    parts: parts.length === 0 ? [{ text: '' }] : parts,
  };
}

/** Other agents' words as text of the user (AGT-27); of calls there are none in what is not its own. */
function readAs(agent: string, messages: readonly SessionMessage[]): readonly SessionMessage[] {
  return prepareHistory(messages, agent, (call) => ({
    type: 'tool_result',
    callId: call.id,
    name: call.name,
    content: '',
    isError: true,
  })).filter(({ role }) => role === 'user');
}

function toPart(part: SessionPart, { ownTaskIds, taskId }: OutgoingOptions): readonly Part[] {
  if (part.type === 'text') return part.text === '' ? [] : [{ text: part.text }];
  if (part.type === 'data') {
    const { data, mediaType } = part;
    // A decision may name the task that the user knows, which the remote agent does not.
    const own = isJsonObject(data) && ownTaskIds.includes(String(data['task_id']));
    const { task_id: _, ...rest } = own ? data : {};
    return [
      {
        data: own ? { ...rest, ...(taskId === undefined ? {} : { task_id: taskId }) } : data,
        ...(mediaType === undefined ? {} : { mediaType }),
      },
    ];
  }
  if (part.type !== 'file') return [];
  const { type: _, ...file } = part;
  return [file];
}
