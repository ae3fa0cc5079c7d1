/**
 * An agent with `sub_agents`: one conversation, handed from agent to agent in the run that it belongs to (AGT-20). Who answers is in the
 * control; the next run of the context begins with whoever spoke last (AGT-21).
 */
import { opensTo } from '../../access/principal.js';
import type { Clock } from '../../base/clock.js';
import { AppError } from '../../base/errors.js';
import { isJsonObject, type JsonObject } from '../../base/json.js';
import type { SessionMessage } from '../../tasks/session-message.js';
import type { Agent, StepOutcome, StepState } from '../agent.js';
import { branchOf } from '../branch.js';
import { createAgent } from '../create-agent.js';
import { failed } from '../llm/end-run.js';
import { type Finished, goOn, runMember } from '../run-member.js';
import { mergeSpent, readSpent, writeSpent } from '../spent.js';
import { addUsage, withEarlierUsage } from '../usage.js';
import type { TransferMember } from './transfer-tree.js';

export interface TransferAgentOptions {
  /** The root's key. */
  readonly name: string;
  /** The root first. */
  readonly members: readonly (TransferMember & { readonly agent: Agent; readonly allowedRoles?: readonly string[] | undefined })[];
  /** The member that an author's message belongs to. */
  readonly findMemberOf: (author: string) => string | undefined;
  readonly clock: Clock;
}

interface TransferControl {
  /** Whose turn it is. */
  readonly active: string;
  /** Turns so far by agent, the one under way included. */
  readonly turns: Readonly<Record<string, number>>;
  /** Of the turns that are over. */
  readonly usage: JsonObject | undefined;
  /** By agent, in turns that are over. */
  readonly spent: JsonObject;
  readonly child: JsonObject;
}

export function createTransferAgent(options: TransferAgentOptions): Agent {
  const { name, members } = options;
  return createAgent({ name, type: 'llm' }, async (state, context) => {
    const control = readControl(state, options);
    const active = members.find((member) => member.name === control.active);
    if (active === undefined) {
      const nothing = { control: state.task.control, messages: [], events: [] };
      return withEarlierUsage(failed(unknownTarget(name, control.active), state, nothing), control.usage);
    }
    const branch = branchOfTurn(state, active, control, name);
    const outcome = await runMember({ member: active.agent, branch, control: control.child }, state, context);
    const after: TransferControl = { ...control, spent: mergeSpent(control.spent, outcome.control), child: outcome.control };
    const target = outcome.type === 'finished' ? outcome.actions?.transferTo : undefined;
    if (outcome.type === 'finished' && target !== undefined) {
      const usage = addUsage(control.usage, outcome.statusMetadata);
      return withEarlierUsage(handOver(outcome, target, { state, active, control: { ...after, usage }, options }), usage);
    }
    return { ...withEarlierUsage(outcome, control.usage), control: writeControl(after) };
  });
}

interface HandOverOptions {
  readonly state: StepState;
  readonly active: TransferAgentOptions['members'][number];
  readonly control: TransferControl;
  readonly options: TransferAgentOptions;
}

function handOver(outcome: Finished, target: string, { state, active, control, options }: HandOverOptions): StepOutcome {
  const turns = { ...control.turns, [target]: (control.turns[target] ?? 0) + 1 };
  const next = writeControl({ ...control, active: target, turns, child: writeSpent(control.spent) });
  const handedOver = goOn(outcome, next, { member: active.agent, now: options.clock.now() });
  const { type: _, ...result } = handedOver;
  const allowedRoles = options.members.find((member) => member.name === target)?.allowedRoles;
  if (!active.targets.includes(target) || !opensTo(allowedRoles, state.task.callerRoles))
    return failed(unknownTarget(active.name, target), state, result);
  if (Object.values(turns).reduce((sum, count) => sum + count, 0) > MAX_TURNS) return failed(tooOften(), state, result);
  return handedOver;
}

/** The root's own turns stand where the run does, those of others below it. */
function branchOfTurn(state: StepState, { name, branch }: TransferMember, { turns }: TransferControl, root: string): string {
  const path = `${branchOf(state, root)}${branch.slice(root.length)}`;
  const turn = turns[name] ?? 1;
  return turn === 1 ? path : `${path}#${turn}`;
}

function readControl({ task, history }: StepState, options: TransferAgentOptions): TransferControl {
  const { control } = task;
  const { active, turns, usage, child } = control;
  const spent = readSpent(control);
  if (typeof active !== 'string') {
    const first = findLastSpeaker(history, task.callerRoles, options);
    return { active: first, turns: { [first]: 1 }, usage: undefined, spent, child: writeSpent(spent) };
  }
  return {
    active,
    turns: (turns ?? {}) as Readonly<Record<string, number>>,
    usage: isJsonObject(usage) ? usage : undefined,
    spent,
    child: isJsonObject(child) ? child : writeSpent(spent),
  };
}

function writeControl({ active, turns, usage, spent, child }: TransferControl): JsonObject {
  return { active, turns, ...(usage === undefined ? {} : { usage }), ...writeSpent(spent), child };
}

/** AGT-21 */
function findLastSpeaker(
  history: readonly SessionMessage[],
  callerRoles: readonly string[] | undefined,
  { name, members, findMemberOf }: TransferAgentOptions,
): string {
  for (const { role, author } of [...history].reverse()) {
    const member = role === 'user' ? undefined : findMemberOf(author);
    if (member === undefined) continue;
    // The caller may have lost a role since.
    return opensTo(members.find((one) => one.name === member)?.allowedRoles, callerRoles) ? member : name;
  }
  return name;
}

function unknownTarget(from: string, to: string): AppError {
  return new AppError('AGENT_FAILED', { message: `The agent '${from}' cannot hand the conversation over to '${to}'` });
}

function tooOften(): AppError {
  return new AppError('AGENT_ITERATION_LIMIT', {
    message: `The conversation was handed over more than ${MAX_TURNS} times in one run without an answer; see disallow_transfer_to_parent and disallow_transfer_to_peers`,
  });
}

/** Turns of agents in one run: two that hand over to each other for ever cost money for ever. */
const MAX_TURNS = 50;
