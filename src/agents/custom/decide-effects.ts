/** Effects of unknown outcome: somebody is asked, and what they answer goes into the ledger (R7). */
import type { Clock } from '../../base/clock.js';
import { newId } from '../../base/ids.js';
import type { SessionMessage } from '../../tasks/session-message.js';
import { identityOf, type ToolCallRecord, type ToolCallWrite } from '../../tasks/tool-call.js';
import type { StepContext, StepOutcome, StepState } from '../agent.js';
import { createToolMessage } from '../llm/answered-call.js';
import { askSomebody } from '../llm/ask-somebody.js';
import type { Attempts } from '../llm/control.js';
import { attemptOf, type Question } from '../llm/plan-calls.js';
import { type Decision, readDecisions } from '../llm/read-decisions.js';
import { limitDecision } from '../llm/store-result.js';
import { type CustomControl, readControl, writeControl } from './control.js';

export interface AskOptions {
  /** The agent's key. */
  readonly name: string;
  readonly clock: Clock;
  readonly approvalExpiresAfterMs: number;
  /** `server.limits.max_tool_bytes`: of what people say came of an effect. */
  readonly maxToolBytes: number;
}

/** What the message that woke the run came to. */
interface Reply {
  readonly problems: readonly string[];
  readonly decided: readonly ToolCallWrite[];
  /** What hides it from models, if it was nothing but decisions. */
  readonly messages: readonly SessionMessage[];
}

/** The run pauses until somebody has said what became of these. */
export function askAboutEffects(
  lost: readonly ToolCallRecord[],
  control: CustomControl,
  { task }: StepState,
  { clock, approvalExpiresAfterMs: expiresAfterMs }: AskOptions,
  reply: Reply = { problems: [], decided: [], messages: [] },
): StepOutcome {
  const asked: Attempts = Object.fromEntries(lost.map((row) => [row.callId, attemptOf(row, control.asked)]));
  const questions = lost.map((row) => toQuestion(row, asked));
  return askSomebody(
    { questions, problems: reply.problems, task, expiresAfterMs, now: clock.now() },
    {
      control: writeControl({ ...control, asked, hasOutput: true }),
      messages: reply.messages,
      events: [],
      toolCalls: [...reply.decided, ...lost.map(toUnknown)],
    },
  );
}

/**
 * What a message says about effects that wait for it becomes durable in a step of its own, the rows and what hides the message at once; or
 * the run waits on. `undefined`: none waits, and the handler may go on.
 */
export async function decideEffects(state: StepState, { ledger }: StepContext, options: AskOptions): Promise<StepOutcome | undefined> {
  const { task, history } = state;
  const control = readControl(task.control);
  const rows = await ledger.find(Object.keys(control.asked));
  const open = [...rows.values()].filter(({ status }) => status === 'unknown');
  const message = history.at(-1);
  if (open.length === 0 || message?.role !== 'user') return undefined;
  // A decision that an attempt before this one has applied does not decide what is asked now.
  const isApplied = [...rows.values()].some(({ decision }) => decision?.messageId === message.id);
  const asked = open.map(({ callId, argumentsHash }) => ({ callId, argumentsHash, asks: 'outcome' as const }));
  const settled = new Set([...rows.keys()].filter((callId) => open.every((row) => row.callId !== callId)));
  const { decisions, problems, isOnlyDecision } = readDecisions(message, { taskId: task.id, asked, settled });
  const by = { messageId: message.id, at: options.clock.now() };
  const decided = isApplied
    ? []
    : open.flatMap((row) => {
        const decision = decisions.get(row.callId);
        return applyDecision(row, decision === undefined ? undefined : limitDecision(decision, options.maxToolBytes), by);
      });
  const left = open.filter(({ callId }) => decided.every((row) => row.callId !== callId));
  const { name: author, clock } = options;
  const messages = isOnlyDecision
    ? [createToolMessage([], { id: newId(clock.now()), author, consumes: [message.id], at: clock.now() })]
    : [];
  if (left.length > 0) return askAboutEffects(left, control, state, options, { problems: isApplied ? [] : problems, decided, messages });
  return { type: 'continue', durable: true, control: task.control, messages, events: [], toolCalls: decided };
}

function toUnknown(row: ToolCallRecord): ToolCallWrite {
  return { ...identityOf(row), status: 'unknown', ...(row.decision === undefined ? {} : { decision: row.decision }) };
}

function applyDecision(
  row: ToolCallRecord,
  decision: Decision | undefined,
  by: NonNullable<ToolCallWrite['decision']>,
): readonly ToolCallWrite[] {
  const identity = { ...identityOf(row), decision: by };
  switch (decision?.type) {
    case 'done': {
      const { result } = decision;
      const data = result === undefined ? {} : { data: result };
      return [{ ...identity, status: 'done', result: { content: result ?? '', isError: false, ...data } }];
    }
    case 'retry':
      return [{ ...identity, status: 'approved' }];
    case 'skip':
      return [{ ...identity, status: 'done', result: { content: SKIPPED, isError: true } }];
    default:
      return [];
  }
}

function toQuestion(row: ToolCallRecord, asked: Attempts): Question {
  const call = { type: 'tool_call', id: row.callId, name: row.tool, arguments: { name: row.tool } } as const;
  return { asks: 'outcome', call, ready: undefined, row: identityOf(row), attempt: asked[row.callId] };
}

const SKIPPED = 'It is not known whether this was carried out; a person decided to go on without repeating it';
