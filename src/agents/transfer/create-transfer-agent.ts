/**
 * An agent with `sub_agents`: one conversation, handed from agent to agent in the run that it belongs to (AGT-20). Who answers is in the
 * control; the next run of the context begins with whoever spoke last (AGT-21).
 */
import { opensTo } from '../../access/principal.js';
import type { Clock } from '../../base/clock.js';
import { AppError } from '../../base/errors.js';
import { isJsonObject, type JsonObject } from '../../base/json.js';
import type { RunLimitSettings } from '../../config/llm-agent-settings.js';
import type { SessionMessage } from '../../tasks/session-message.js';
import type { Agent, StepOutcome, StepState } from '../agent.js';
import { branchOf } from '../branch.js';
import { createAgent } from '../create-agent.js';
import { findExceededBudget } from '../llm/check-limits.js';
import { failed } from '../llm/end-run.js';
import { type Finished, goOn, runMember } from '../run-member.js';
import { addSpent, getSpent, mergeSpent, readSpent, type Spent, setSpent, writeSpent } from '../spent.js';
import { findUsage, NO_USAGE, type RunUsage, readKeptUsage, readUsage, sumUsage, withEarlierUsage } from '../usage.js';
import type { TransferMember } from './transfer-tree.js';

export interface TransferAgentOptions {
  /** The root's key. */
  readonly name: string;
  /** The root first. */
  readonly members: readonly (TransferMember & { readonly agent: Agent; readonly allowedRoles?: readonly string[] | undefined })[];
  /** The member that an author's message belongs to. */
  readonly findMemberOf: (author: string) => string | undefined;
  /** The root's `limits`: for what all members use, whoever is active. Default: none. */
  readonly limits?: RunLimitSettings;
  readonly clock: Clock;
}

interface TransferControl {
  /** Whose turn it is. */
  readonly active: string;
  /** Turns so far by agent, the one under way included. */
  readonly turns: Readonly<Record<string, number>>;
  /** Of the turns that are over. */
  readonly usage: RunUsage | undefined;
  /** Model calls of the turns that are over. */
  readonly calls: number;
  /** Time that steps of all turns took, where there is a limit for it, milliseconds. */
  readonly workedMs: number;
  /** By agent, in turns that are over. */
  readonly spent: JsonObject;
  readonly child: JsonObject;
}

export function createTransferAgent(options: TransferAgentOptions): Agent {
  const { name, members, clock, limits } = options;
  return createAgent({ name, type: 'llm' }, async (state, context) => {
    const control = readControl(state, options);
    const active = members.find((member) => member.name === control.active);
    if (active === undefined) {
      const nothing = { control: state.task.control, messages: [], events: [] };
      return withEarlierUsage(failed(unknownTarget(name, control.active), state, nothing), control.usage);
    }
    const exceeded = findExceeded(control, options);
    if (exceeded !== undefined) {
      const spent = setSpent(control.spent, allOf(name), sumTurns(control, name));
      const ended = { control: writeControl({ ...control, spent }), messages: [], events: [] };
      return withEarlierUsage(failed(exceeded, state, ended), sumUsage([control.usage, findUsage(control.child)]));
    }
    const startedMs = clock.monotonic();
    const branch = branchOfTurn(state, active, control, name);
    const outcome = await runMember({ member: active.agent, branch, control: control.child }, state, context);
    const workedMs = limits?.maxDurationMs === undefined ? 0 : Math.ceil(control.workedMs + clock.monotonic() - startedMs);
    const after: TransferControl = { ...control, workedMs, spent: mergeSpent(control.spent, outcome.control), child: outcome.control };
    const target = outcome.type === 'finished' ? outcome.actions?.transferTo : undefined;
    if (outcome.type === 'finished' && target !== undefined) {
      const usage = sumUsage([control.usage, readUsage(outcome.statusMetadata)]);
      return withEarlierUsage(
        handOver(outcome, target, { state, active, control: { ...after, usage, calls: after.calls + callsOf(after.child) }, options }),
        usage,
      );
    }
    const isOver = outcome.type === 'finished' || outcome.type === 'failed' || outcome.type === 'rejected';
    const spent = isOver && limits !== undefined ? setSpent(after.spent, allOf(name), sumTurns(after, name)) : after.spent;
    return { ...withEarlierUsage(tellWho(outcome, control), control.usage), control: writeControl({ ...after, spent }) };
  });
}

/** API-54: who the conversation was handed over to in this run. */
function tellWho(outcome: StepOutcome, { active, turns }: TransferControl): StepOutcome {
  if (outcome.type !== 'finished' || sumOf(turns) === 1) return outcome;
  return { ...outcome, statusMetadata: { ...outcome.statusMetadata, [TRANSFERRED]: active } };
}

/** The root's budget. A call that is answered already has its tools run. */
function findExceeded(control: TransferControl, { name, limits }: TransferAgentOptions): AppError | undefined {
  if (limits === undefined || control.child['phase'] === 'tools') return undefined;
  return findExceededBudget(sumTurns(control, name), limits, name);
}

/** In all turns of all members, in this turn of the conversation and in earlier ones of the run. */
function sumTurns({ spent, usage, calls, workedMs, child }: TransferControl, name: string): Spent {
  const own = { calls: calls + callsOf(child), usage: sumUsage([usage, findUsage(child)]) ?? NO_USAGE, workedMs };
  return addSpent(getSpent(spent, allOf(name)), own);
}

/** Key of what the members have spent together; no agent has such a name. */
function allOf(name: string): string {
  return `${name}/*`;
}

function callsOf({ iteration }: JsonObject): number {
  return typeof iteration === 'number' ? iteration : 0;
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
  if (sumOf(turns) > MAX_TURNS) return failed(tooOften(), state, result);
  return handedOver;
}

function sumOf(turns: TransferControl['turns']): number {
  return Object.values(turns).reduce((sum, count) => sum + count, 0);
}

/** The root's own turns stand where the run does, those of others below it. */
function branchOfTurn(state: StepState, { name, branch }: TransferMember, { turns }: TransferControl, root: string): string {
  const path = `${branchOf(state, root)}${branch.slice(root.length)}`;
  const turn = turns[name] ?? 1;
  return turn === 1 ? path : `${path}#${turn}`;
}

function readControl({ task, history }: StepState, options: TransferAgentOptions): TransferControl {
  const { control } = task;
  const { active, turns, calls, workedMs, child } = control;
  const spent = readSpent(control);
  if (typeof active !== 'string') {
    const first = findLastSpeaker(history, task.callerRoles, options);
    return { active: first, turns: { [first]: 1 }, usage: undefined, calls: 0, workedMs: 0, spent, child: writeSpent(spent) };
  }
  return {
    active,
    turns: (turns ?? {}) as Readonly<Record<string, number>>,
    usage: readKeptUsage(control),
    calls: typeof calls === 'number' ? calls : 0,
    workedMs: typeof workedMs === 'number' ? workedMs : 0,
    spent,
    child: isJsonObject(child) ? child : writeSpent(spent),
  };
}

function writeControl({ active, turns, usage, calls, workedMs, spent, child }: TransferControl): JsonObject {
  return {
    active,
    turns,
    ...(calls === 0 ? {} : { calls }),
    ...(workedMs === 0 ? {} : { workedMs }),
    ...(usage === undefined ? {} : { usage: { ...usage } }),
    ...writeSpent(spent),
    child,
  };
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

const TRANSFERRED = 'hector:transfer_to_agent';
/** Turns of agents in one run: two that hand over to each other for ever cost money for ever. */
const MAX_TURNS = 50;
