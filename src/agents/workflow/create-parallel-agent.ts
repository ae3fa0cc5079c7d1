/**
 * `type: parallel` (AGT-31): each member works in a run of its own below this one, on any worker; all see the history up to here, none
 * sees the others. When none works any more, their answers are joined into one message. What one fails with is told beside what the
 * others say (W-23, W-25); only when all have failed, this has.
 */
import type { Clock } from '../../base/clock.js';
import { AppError } from '../../base/errors.js';
import { newId } from '../../base/ids.js';
import type { JsonObject } from '../../base/json.js';
import type { SessionMessage } from '../../tasks/session-message.js';
import type { Agent, ChildRun, StepActions, StepOutcome, StepState } from '../agent.js';
import { branchOf, memberBranch } from '../branch.js';
import { readChildAnswer } from '../child-answer.js';
import { findWaiting, markOf, mergeQuestions, routeAnswer } from '../child-questions.js';
import { createAgent } from '../create-agent.js';
import { readEscalation } from '../enter-run.js';
import { describeOutput } from '../llm/describe-output.js';
import { failed } from '../llm/end-run.js';
import { isOnlyDecision } from '../llm/read-decisions.js';
import { writeOpenChildren } from '../open-children.js';
import { joinSpent, readSpent, writeSpent } from '../spent.js';
import { readUsage, sumUsage, withUsage } from '../usage.js';

export interface ParallelAgentOptions {
  /** Key in `agents`. */
  readonly name: string;
  /** Keys in `agents`. */
  readonly members: readonly string[];
  readonly clock: Clock;
}

export function createParallelAgent(options: ParallelAgentOptions): Agent {
  const { name, members, clock } = options;
  return createAgent({ name, type: 'parallel' }, async (state) => {
    const keys = keysOf(branchOf(state, name), members);
    const { task, history, children = [] } = state;
    const { heard } = task.control;
    const mark = markOf(history.at(-1));
    const control: JsonObject = { ...task.control, ...writeOpenChildren(keys), heard: mark };
    if (typeof heard !== 'string') {
      const starts = members.map((agent, index) => ({
        agent,
        key: keys[index] as string,
        messages: [],
        ...SHARED,
        control: writeSpent(readSpent(control)),
      }));
      return { type: 'branch', starts, says: [], control, messages: [], events: [] };
    }
    const runs = keys.flatMap((key) => children.find((child) => child.key === key) ?? []);
    const waiting = findWaiting(runs);
    if (waiting.length === 0)
      return join(runs, { state, options, control: { ...control, ...writeSpent(joinSpent(readSpent(control), runs)) } });

    const reply = history.at(-1);
    const routed = reply?.role === 'user' && mark !== heard ? routeAnswer(reply, waiting, new Set()) : { says: [], problems: [] };
    const consumed = [...readConsumed(control), ...(reply !== undefined && mark !== heard && isOnlyDecision(reply) ? [reply.id] : [])];
    const result = { control: { ...control, consumed }, messages: [], events: [] };
    if (routed.says.length > 0) return { type: 'branch', starts: [], says: routed.says, ...result };
    return { type: 'wait', ...mergeQuestions(waiting, { problems: routed.problems, task, now: clock.now() }), ...result };
  });
}

interface JoinOptions {
  readonly state: StepState;
  readonly options: ParallelAgentOptions;
  readonly control: JsonObject;
}

function join(runs: readonly ChildRun[], { state, options: { name, clock }, control }: JoinOptions): StepOutcome {
  const answers = runs.map((child) => ({ child, answer: readChildAnswer(child) }));
  const text = answers
    .map(({ child, answer }) => `[${child.agent}]\n${answer.isCompleted ? answer.text : `(${answer.text})`}`)
    .join('\n\n');
  const consumes = readConsumed(control);
  const message: SessionMessage = {
    id: newId(clock.now()),
    role: 'agent',
    author: name,
    parts: [{ type: 'text', text }],
    ...(consumes.length === 0 ? {} : { consumes }),
    createdAt: clock.now(),
  };
  const usage = sumUsage(answers.map(({ child }) => readUsage(child.statusMetadata)));
  if (answers.every(({ answer }) => !answer.isCompleted)) {
    const reasons = answers.map(({ answer }) => answer.text).join('; ');
    const error = new AppError('AGENT_FAILED', { message: `Every sub-agent of '${name}' failed: ${reasons}` });
    return { ...failed(error, state, { control, messages: [], events: [] }), ...withUsage(undefined, usage) } as StepOutcome;
  }
  return {
    type: 'finished',
    control,
    messages: [message],
    events: describeOutput({ text, append: false, lastChunk: true }),
    ...withUsage(undefined, usage),
    ...escalation(runs),
  };
}

/** One member that escalates ends the loop around them all. */
function escalation(runs: readonly ChildRun[]): { readonly actions?: StepActions } {
  const escalate = runs.map(({ statusMetadata }) => readEscalation(statusMetadata)).find((reason) => reason !== undefined);
  return escalate === undefined ? {} : { actions: { escalate } };
}

function keysOf(branch: string, members: readonly string[]): readonly string[] {
  return members.map((member, index) =>
    memberBranch(branch, member, members.slice(0, index + 1).filter((other) => other === member).length),
  );
}

function readConsumed({ consumed }: JsonObject): readonly string[] {
  return Array.isArray(consumed) ? consumed.filter((id): id is string => typeof id === 'string') : [];
}

const SHARED = { inheritsHistory: true, state: 'shared' } as const;
