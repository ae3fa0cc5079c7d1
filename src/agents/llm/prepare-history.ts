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
  const own = ownViews(withoutDecisions(history), agent);
  const results = new Map<string, { readonly part: ToolResultPart; readonly index: number }>();
  own.forEach(({ parts }, index) => {
    for (const part of parts) if (part.type === 'tool_result') results.set(part.callId, { part, index });
  });

  const prepared: SessionMessage[] = [];
  const late = new Map<number, SessionMessage[]>();
  own.forEach((message, index) => {
    if (message.role !== 'tool') {
      const calls = message.parts.filter((part) => part.type === 'tool_call');
      if (calls.length === 0) prepared.push(message);
      else {
        const answers = calls.map((call) => results.get(call.id) ?? { part: describeOpen(call), index });
        const answeredAt = Math.max(...answers.map((answer) => answer.index));
        // Only what lies between them is looked at: searching the whole session for each call would be quadratic.
        const meanwhile = own.slice(index + 1, answeredAt).findLastIndex(({ role }) => role === 'agent');
        const both = [message, { ...message, id: `${message.id}-results`, role: 'tool' as const, parts: answers.map(({ part }) => part) }];
        if (meanwhile === -1) prepared.push(...both);
        else late.set(index + 1 + meanwhile, [...(late.get(index + 1 + meanwhile) ?? []), ...both]);
      }
    }
    prepared.push(...(late.get(index) ?? NONE));
  });
  return prepared;
}

/** Without the user's messages that were nothing but decisions. Clients choose message ids: the nearest one before is meant. */
export function withoutDecisions(history: readonly SessionMessage[]): readonly SessionMessage[] {
  const decisions = new Set<number>();
  history.forEach(({ consumes = NONE }, index) => {
    for (const id of consumes) decisions.add(history.findLastIndex((other, at) => at < index && other.role === 'user' && other.id === id));
  });
  return decisions.size === 0 ? history : history.filter((_, index) => !decisions.has(index));
}

/** One pass that makes nothing where nothing is to be changed: sessions may be long, and every model call reads all of theirs. */
function ownViews(history: readonly SessionMessage[], agent: string): readonly SessionMessage[] {
  const own: SessionMessage[] = [];
  for (const message of history) {
    if (message.role === 'user' || message.author === agent) own.push(message);
    else if (message.role !== 'tool') own.push(...viewOfOther(message, agent));
  }
  return own;
}

function viewOfOther(message: SessionMessage, agent: string): readonly SessionMessage[] {
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

const NONE: readonly never[] = [];
