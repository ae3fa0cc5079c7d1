/** The session as this agent's model may read it. */
import { type SessionMessage, type ToolCallPart, type ToolResultPart, textOf } from '../../tasks/session-message.js';
import { transferToolName } from './control-tools.js';

/**
 * Every tool call is followed by its result, in the order of the calls, and no result stands alone (AGT-28, AGT-55). A call
 * without a result has what `describeOpen` says of it: hidden, it would be made again (R7). Decisions that tool messages consumed
 * are hidden; messages of other agents become text of the user (AGT-27).
 *
 * A call that was answered late stands with its result behind what the agent said in other runs meanwhile, so that what the model
 * has to go on with is at the end.
 */
export function prepareHistory(
  history: readonly SessionMessage[],
  agent: string,
  describeOpen: (call: ToolCallPart) => ToolResultPart,
): readonly SessionMessage[] {
  const own: SessionMessage[] = [];
  const results = new Map<string, { readonly part: ToolResultPart; readonly index: number }>();
  for (const message of withoutDecisions(history)) {
    const seen = ownView(message, agent);
    if (seen === undefined) continue;
    for (const part of seen.parts) if (part.type === 'tool_result') results.set(part.callId, { part, index: own.length });
    own.push(seen);
  }

  const placed: { readonly place: number; readonly messages: readonly SessionMessage[] }[] = [];
  for (let index = 0; index < own.length; index++) {
    const message = own[index] as SessionMessage;
    if (message.role === 'tool') continue;
    if (!message.parts.some((part) => part.type === 'tool_call')) {
      placed.push({ place: index, messages: [message] });
      continue;
    }
    const calls = message.parts.filter((part) => part.type === 'tool_call');
    const answers = calls.map((call) => results.get(call.id) ?? { part: describeOpen(call), index });
    const answeredAt = Math.max(...answers.map((answer) => answer.index));
    // Only what lies between them is looked at: searching the whole session for each call would be quadratic.
    let last = answeredAt - 1;
    while (last > index && own[last]?.role !== 'agent') last -= 1;
    placed.push({
      place: last > index ? last + 0.5 : index,
      messages: [message, { ...message, id: `${message.id}-results`, role: 'tool', parts: answers.map(({ part }) => part) }],
    });
  }
  return placed.sort((a, b) => a.place - b.place).flatMap(({ messages }) => messages);
}

/** Without the user's messages that were nothing but decisions. Clients choose message ids: the nearest one before is meant. */
export function withoutDecisions(history: readonly SessionMessage[]): readonly SessionMessage[] {
  const decisions = new Set<number>();
  for (let index = 0; index < history.length; index++)
    for (const id of history[index]?.consumes ?? [])
      decisions.add(history.findLastIndex((other, at) => at < index && other.role === 'user' && other.id === id));
  return decisions.size === 0 ? history : history.filter((_, index) => !decisions.has(index));
}

function ownView(message: SessionMessage, agent: string): SessionMessage | undefined {
  if (message.role === 'user' || message.author === agent) return message;
  if (message.role === 'tool') return undefined;
  const text = [textOf(message), ...handOvers(message, agent)].filter((said) => said !== '').join('\n');
  if (text === '') return undefined;
  return { ...message, role: 'user', author: 'user', parts: [{ type: 'text', text: `[Message from agent '${message.author}']: ${text}` }] };
}

/** What another agent said to this one as it handed the conversation over. */
function handOvers({ parts }: SessionMessage, agent: string): readonly string[] {
  return parts.flatMap((part) => {
    const request = part.type === 'tool_call' && part.name === transferToolName(agent) ? part.arguments['request'] : undefined;
    return typeof request === 'string' ? [request] : [];
  });
}
