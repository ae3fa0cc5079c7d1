/** A step of an agent that works in the run of another one: a part of a workflow, or who a conversation was handed to. */
import { isoTime } from '../base/clock.js';
import type { JsonObject } from '../base/json.js';
import { type SessionMessage, toSessionPart } from '../tasks/session-message.js';
import type { Agent, StepContext, StepOutcome, StepState } from './agent.js';

export interface MemberTurn {
  readonly member: Agent;
  /** Its own, no other turn's of this run. */
  readonly branch: string;
  /** As its last step left it; empty at the beginning. */
  readonly control: JsonObject;
}

/** Its control in the outcome is the member's; whoever calls wraps it. */
export function runMember({ member, branch, control }: MemberTurn, state: StepState, context: StepContext): Promise<StepOutcome> {
  return member.runStep(
    { ...state, branch, task: { ...state.task, agent: member.name, control } },
    { ...context, turn: turnOf(context.turn, branch) },
  );
}

export type Finished = Extract<StepOutcome, { type: 'finished' }>;

/**
 * A member's end in a run that goes on: what it adds, and its last word as a message of the session, which those after it read, and as an
 * update for clients.
 */
export function goOn(
  { statusMessage: message, messages, events, toolCalls, sessionState }: Finished,
  control: JsonObject,
  { member, now }: { readonly member: Agent; readonly now: number },
): Extract<StepOutcome, { type: 'continue' }> {
  const rest = {
    control,
    ...(toolCalls === undefined ? {} : { toolCalls }),
    ...(sessionState === undefined ? {} : { sessionState }),
  };
  if (message === undefined) return { type: 'continue', messages, events, ...rest };
  const isKept = messages.some(({ id }) => id === message.messageId);
  const parts = message.parts.filter(({ raw }) => raw === undefined).map(toSessionPart);
  const said: SessionMessage = { id: message.messageId, role: 'agent', author: member.name, parts, createdAt: now };
  return {
    type: 'continue',
    messages: isKept || parts.length === 0 ? messages : [...messages, said],
    events: [...events, { type: 'status.changed', status: { state: 'TASK_STATE_WORKING', message, timestamp: isoTime(now) } }],
    ...rest,
  };
}

/** What an agent keeps in memory belongs to one turn of a worker with one turn of the agent. */
function turnOf(turn: AbortSignal, branch: string): AbortSignal {
  let known = turns.get(turn);
  if (known === undefined) {
    known = new Map();
    turns.set(turn, known);
  }
  let own = known.get(branch);
  if (own === undefined) {
    own = AbortSignal.any([turn]);
    known.set(branch, own);
  }
  return own;
}

const turns = new WeakMap<AbortSignal, Map<string, AbortSignal>>();
