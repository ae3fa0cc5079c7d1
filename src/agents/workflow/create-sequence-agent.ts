/**
 * `type: sequential` and `type: loop` (AGT-30, AGT-32): the members take turns in the run of the workflow itself, in one session, so
 * that each sees what those before it said. The control says whose turn it is: whoever takes the run over goes on there.
 */
import type { Clock } from '../../base/clock.js';
import { AppError } from '../../base/errors.js';
import { isJsonObject, type JsonObject } from '../../base/json.js';
import type { Agent, StepOutcome, StepState } from '../agent.js';
import { branchOf, memberBranch } from '../branch.js';
import { createAgent } from '../create-agent.js';
import { failed } from '../llm/end-run.js';
import { type Finished, goOn, runMember } from '../run-member.js';
import { mergeSpent, readSpent, writeSpent } from '../spent.js';
import { type RunUsage, readKeptUsage, readUsage, sumUsage, withEarlierUsage, withUsage } from '../usage.js';

export interface SequenceAgentOptions {
  /** Key in `agents`. */
  readonly name: string;
  readonly type: 'sequential' | 'loop';
  readonly members: readonly Agent[];
  /** Of a loop; 0 = until a member escalates. */
  readonly maxIterations: number;
  readonly clock: Clock;
}

interface SequenceControl {
  /** Whose turn it is, from 0. */
  readonly index: number;
  /** From 1; a sequence has one. */
  readonly iteration: number;
  /** Of the members that are done. */
  readonly usage: RunUsage | undefined;
  /** By agent, in turns that are over. */
  readonly spent: JsonObject;
  readonly child: JsonObject;
}

export function createSequenceAgent(options: SequenceAgentOptions): Agent {
  const { name, type, members, clock } = options;
  return createAgent({ name, type }, async (state, context) => {
    const control = readControl(state.task.control);
    const { index, iteration } = control;
    const member = members[index];
    if (member === undefined || (type === 'loop' && iteration > LOOP_SAFETY_LIMIT))
      return withEarlierUsage(failed(refusal(options, control), state, NOTHING), control.usage);
    const branch = memberBranch(branchOf(state, name), member.name, turnOf(members, control));
    const outcome = await runMember({ member, branch, control: control.child }, state, context);
    const after: SequenceControl = { ...control, spent: mergeSpent(control.spent, outcome.control), child: outcome.control };
    if (outcome.type !== 'finished') return { ...withEarlierUsage(outcome, control.usage), control: writeControl(after) };
    return next(
      outcome,
      { ...after, usage: sumUsage([control.usage, readUsage(outcome.statusMetadata)]) },
      { ...options, member, now: clock.now(), state },
    );
  });
}

interface NextOptions extends SequenceAgentOptions {
  readonly member: Agent;
  readonly now: number;
  readonly state: StepState;
}

/** A member is done: the next one's turn, or the end. */
function next(outcome: Finished, control: SequenceControl, { type, members, maxIterations, member, now }: NextOptions): StepOutcome {
  const isLoop = type === 'loop';
  const { actions } = outcome;
  const isLast = control.index + 1 >= members.length;
  const isOver = isLoop ? isLast && maxIterations > 0 && control.iteration >= maxIterations : isLast;
  if (actions?.escalate !== undefined || isOver) {
    const { actions: _, isDirect: __, ...end } = outcome;
    const ended = { ...end, ...withUsage(outcome.statusMetadata, control.usage), control: writeControl(control) };
    // A sequence is left early; the loop around it is what ends (AGT-32).
    return isLoop || actions?.escalate === undefined ? ended : { ...ended, actions: { escalate: actions.escalate } };
  }
  const following = writeControl({
    index: isLast ? 0 : control.index + 1,
    iteration: isLast ? control.iteration + 1 : control.iteration,
    usage: control.usage,
    spent: control.spent,
    child: writeSpent(control.spent),
  });
  return goOn(outcome, following, { member, now });
}

/** How often the member had its turn, this one included: it may stand in the list more than once. */
function turnOf(members: readonly Agent[], { index, iteration }: SequenceControl): number {
  const isSame = ({ name }: Agent) => name === members[index]?.name;
  return (iteration - 1) * members.filter(isSame).length + members.slice(0, index + 1).filter(isSame).length;
}

function refusal({ name, members }: SequenceAgentOptions, { index, iteration }: SequenceControl): AppError {
  if (members[index] === undefined)
    return new AppError('AGENT_FAILED', { message: `agents.${name}.sub_agents has no entry ${index}, which this run has come to` });
  return new AppError('AGENT_ITERATION_LIMIT', {
    message: `The loop agents.${name} did not end: after ${iteration - 1} iterations none of its sub_agents had called escalate; set agents.${name}.max_iterations`,
  });
}

function readControl(control: JsonObject): SequenceControl {
  const { index, iteration, child } = control;
  const spent = readSpent(control);
  return {
    index: typeof index === 'number' ? index : 0,
    iteration: typeof iteration === 'number' ? iteration : 1,
    usage: readKeptUsage(control),
    spent,
    child: isJsonObject(child) ? child : writeSpent(spent),
  };
}

function writeControl({ index, iteration, usage, spent, child }: SequenceControl): JsonObject {
  return { index, iteration, ...(usage === undefined ? {} : { usage: { ...usage } }), ...writeSpent(spent), child };
}

const NOTHING = { control: {}, messages: [], events: [] };
/** Iterations of a loop, whatever the configuration says: one that nobody ends costs money for ever. */
const LOOP_SAFETY_LIMIT = 10_000;
