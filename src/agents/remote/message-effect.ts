/** The message to a remote agent in the run's ledger (R7): its intent, the task that took it, and what somebody decided about one that was lost. */
import type { Clock } from '../../base/clock.js';
import { faultPoint } from '../../base/fault-points.js';
import { canonicalJson, isJsonObject, sha256Hex } from '../../base/json.js';
import { type CallIdentity, identityOf, type ToolCallRecord, type ToolCallWrite } from '../../tasks/tool-call.js';
import type { StepContext, StepOutcome, StepState } from '../agent.js';
import { askSomebody } from '../llm/ask-somebody.js';
import { attemptOf, type Question } from '../llm/plan-calls.js';
import { readDecisions } from '../llm/read-decisions.js';
import { recordResults, recordSurely } from '../llm/record-results.js';
import { type RemoteControl, writeControl } from './control.js';

export interface RemoteReference {
  /** Key of the remote agent in `agents`. */
  readonly agent: string;
  /** Of the remote agent. */
  readonly taskId: string;
  readonly contextId: string | undefined;
}

export type MessageFate =
  /** It may be sent. */
  | { readonly type: 'send' }
  /** This task of the remote agent has it. */
  | { readonly type: 'taken'; readonly by: RemoteReference }
  /** Somebody has to say, or has said, what becomes of it. */
  | { readonly type: 'ask'; readonly row: ToolCallRecord }
  | { readonly type: 'done'; readonly answer: string }
  | { readonly type: 'given-up' };

/** What becomes of a message, by its row. */
export function fateOf(row: ToolCallRecord | undefined, isOnce: boolean): MessageFate {
  if (row?.status === 'done') {
    const by = readReference(row);
    if (by !== undefined) return { type: 'taken', by };
    return row.result?.isError === false ? { type: 'done', answer: row.result.content } : { type: 'given-up' };
  }
  const isLost = row?.status === 'unknown' || (row?.status === 'intended' && (isOnce || row.effect === 'once'));
  return isLost && row !== undefined ? { type: 'ask', row } : { type: 'send' };
}

/** The remote task that a row names; `undefined`: it is another call's, or names none. */
export function readReference({ callId, result }: Pick<ToolCallRecord, 'callId' | 'result'>): RemoteReference | undefined {
  const data = result?.data;
  if (!callId.startsWith(PREFIX) || !isJsonObject(data)) return undefined;
  const { agent, task_id: taskId, context_id: contextId } = data;
  if (typeof agent !== 'string' || typeof taskId !== 'string') return undefined;
  return { agent, taskId, contextId: typeof contextId === 'string' ? contextId : undefined };
}

export function messageIdentity(agent: string, messageId: string, effect: 'idempotent' | 'once'): CallIdentity {
  return {
    callId: `${PREFIX}${messageId}`,
    tool: `message to ${agent}`,
    effect,
    argumentsHash: sha256Hex(canonicalJson({ agent, messageId })),
    idempotencyKey: messageId,
  };
}

export async function recordIntent(
  identity: CallIdentity,
  row: ToolCallRecord | undefined,
  context: StepContext,
  clock: Clock,
): Promise<void> {
  await faultPoint('tool.before-intent');
  const decision = row?.decision === undefined ? {} : { decision: row.decision };
  await recordSurely([{ ...identity, status: 'intended', ...decision }], context, clock);
  await faultPoint('tool.after-intent');
}

/** Durable before anything that the remote task says is. */
export async function recordTaken(identity: CallIdentity, by: RemoteReference, context: StepContext, clock: Clock): Promise<void> {
  await faultPoint('tool.after-call');
  const data = { agent: by.agent, task_id: by.taskId, ...(by.contextId === undefined ? {} : { context_id: by.contextId }) };
  await recordResults([{ ...identity, status: 'done', result: { content: '', isError: false, data } }], context, clock);
  await faultPoint('tool.after-result');
}

interface AskOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly approvalExpiresAfterMs: number;
}

/** Asks what became of a message, or applies the answer: then `undefined`, and the ledger knows. */
export async function decideMessage(
  row: ToolCallRecord,
  control: RemoteControl,
  { task, history }: StepState,
  context: StepContext,
  { name, clock, approvalExpiresAfterMs: expiresAfterMs }: AskOptions,
): Promise<StepOutcome | undefined> {
  const message = history.at(-1);
  const isAsked = row.status === 'unknown' && Object.hasOwn(control.asked, row.callId);
  let problems: readonly string[] = [];
  if (isAsked && message !== undefined && row.decision?.messageId !== message.id) {
    const asked = [{ callId: row.callId, argumentsHash: row.argumentsHash, asks: 'outcome' as const }];
    const read = readDecisions(message, { taskId: task.id, asked, settled: new Set() });
    const decision = read.decisions.get(row.callId);
    const write = decision === undefined ? undefined : toWrite(row, decision, { messageId: message.id, at: clock.now() });
    if (write !== undefined) {
      await recordSurely([write], context, clock);
      return undefined;
    }
    problems = read.problems;
  }
  const attempt = attemptOf(row, control.asked);
  const call = { type: 'tool_call', id: row.callId, name: row.tool, arguments: { agent: name } } as const;
  const question: Question = { asks: 'outcome', call, ready: undefined, row: identityOf(row), attempt };
  return askSomebody(
    { questions: [question], problems, task, expiresAfterMs, now: clock.now() },
    {
      control: writeControl({ ...control, asked: { [row.callId]: attempt } }),
      messages: [],
      events: [],
      toolCalls: [{ ...identityOf(row), status: 'unknown' }],
    },
  );
}

type Decisions = ReturnType<typeof readDecisions>['decisions'];

function toWrite(
  row: ToolCallRecord,
  decision: NonNullable<ReturnType<Decisions['get']>>,
  by: NonNullable<ToolCallWrite['decision']>,
): ToolCallWrite | undefined {
  const identity = { ...identityOf(row), decision: by };
  switch (decision.type) {
    case 'done':
      return { ...identity, status: 'done', result: { content: decision.result ?? '', isError: false } };
    case 'retry':
      return { ...identity, status: 'approved' };
    case 'skip':
      return { ...identity, status: 'done', result: { content: 'skipped', isError: true } };
    default:
      return undefined;
  }
}

const PREFIX = 'remote-';
