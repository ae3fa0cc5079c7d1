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
  const own = withoutDecisions(history).flatMap((message) => ownView(message, agent));
  const results = new Map<string, { readonly part: ToolResultPart; readonly index: number }>();
  for (const [index, message] of own.entries())
    for (const part of message.parts) if (part.type === 'tool_result') results.set(part.callId, { part, index });

  const placed = own.flatMap((message, index) => {
    if (message.role === 'tool') return [];
    const calls = message.parts.filter((part) => part.type === 'tool_call');
    if (calls.length === 0) return [{ place: index, messages: [message] }];
    const answers = calls.map((call) => results.get(call.id) ?? { part: describeOpen(call), index });
    const answeredAt = Math.max(...answers.map((answer) => answer.index));
    // Only what lies between them is looked at: searching the whole session for each call would be quadratic.
    const meanwhile = own.slice(index + 1, answeredAt).findLastIndex(({ role }) => role === 'agent');
    return [
      {
        place: meanwhile === -1 ? index : index + 1 + meanwhile + 0.5,
        messages: [message, { ...message, id: `${message.id}-results`, role: 'tool' as const, parts: answers.map(({ part }) => part) }],
      },
    ];
  });
  return placed.sort((a, b) => a.place - b.place).flatMap(({ messages }) => messages);
}

/** Without the user's messages that were nothing but decisions. Clients choose message ids: the nearest one before is meant. */
export function withoutDecisions(history: readonly SessionMessage[]): readonly SessionMessage[] {
  const decisions = new Set<number>();
  for (const [index, { consumes = [] }] of history.entries())
    for (const id of consumes) decisions.add(history.findLastIndex((other, at) => at < index && other.role === 'user' && other.id === id));
  return history.filter((_, index) => !decisions.has(index));
}

function ownView(message: SessionMessage, agent: string): readonly SessionMessage[] {
  if (message.role === 'user' || message.author === agent) return [message];
  if (message.role === 'tool') return [];
  const text = [textOf(message), ...handOvers(message, agent)].filter((said) => said !== '').join('\n');
  if (text === '') return [];
  return [
    { ...message, role: 'user', author: 'user', parts: [{ type: 'text', text: `[Message from agent '${message.author}']: ${text}` }] },
  ];
}

/** What another agent said to this one as it handed the conversation over. */
function handOvers({ parts }: SessionMessage, agent: string): readonly string[] {
  return parts.flatMap((part) => {
    const request = part.type === 'tool_call' && part.name === transferToolName(agent) ? part.arguments['request'] : undefined;
    return typeof request === 'string' ? [request] : [];
  });
}
