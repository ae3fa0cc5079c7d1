/**
 * What a tool step does with each call: pure, from the call, its row in the ledger and what somebody decided (R7, TOOL-61).
 *
 * Invariant: a `once` call that an earlier attempt began is never run again unless somebody said `retry`; a call that needs
 * approval is run only when a row under its id and its arguments' hash was approved.
 */
import type { ToolCallPart } from '../../tasks/session-message.js';
import {
  type CallIdentity,
  type CallQuestion,
  identityOf,
  type StoredToolResult,
  type ToolCallRecord,
  type ToolCallWrite,
} from '../../tasks/tool-call.js';
import type { Attempt, Attempts } from './control.js';
import type { PreparedCall, ReadyCall } from './prepare-call.js';
import type { Decision } from './read-decisions.js';

export type CallPlan =
  /** Its result is known; `write` keeps it when the log does not have it yet. */
  | { readonly type: 'settled'; readonly result: StoredToolResult; readonly write?: ToolCallWrite }
  /** `intent` is recorded before it runs; a `pure` call that nobody had to approve has none. */
  | { readonly type: 'run'; readonly call: ReadyCall; readonly intent?: ToolCallWrite }
  /** Somebody has to decide; `write` when the log does not have the question yet. */
  | { readonly type: 'ask'; readonly question: Question; readonly write?: ToolCallWrite };

export interface Question {
  readonly asks: CallQuestion;
  readonly call: ToolCallPart;
  /** `undefined`: the call cannot be run (any more); only an outcome can be asked for then. */
  readonly ready: ReadyCall | undefined;
  readonly row: CallIdentity;
  /** Of an outcome: the attempt that nobody knows the end of. */
  readonly attempt: Attempt | undefined;
}

export interface PlanCallOptions {
  readonly call: ToolCallPart;
  readonly prepared: PreparedCall;
  readonly row: ToolCallRecord | undefined;
  readonly attempts: Attempts;
}

/** Before anybody's new decision. */
export function planCall({ call, prepared, row, attempts }: PlanCallOptions): CallPlan {
  if (row?.status === 'done' || row?.status === 'denied') return { type: 'settled', result: row.result ?? LOST_RESULT };
  const ready = prepared.type === 'ready' ? prepared : undefined;
  if (row !== undefined && isUnknown(row, ready)) {
    const question: Question = { asks: 'outcome', call, ready, row: identityOf(row), attempt: attemptOf(row, attempts) };
    if (row.status === 'unknown') return { type: 'ask', question };
    const { decision } = row;
    return { type: 'ask', question, write: { ...identityOf(row), status: 'unknown', ...(decision === undefined ? {} : { decision }) } };
  }
  if (prepared.type === 'refused') return { type: 'settled', result: { content: `Error: ${prepared.error.message}`, isError: true } };
  const isBound = row?.argumentsHash === prepared.argumentsHash;
  if ((prepared.tool.requiresApproval === true || row?.status === 'awaiting') && !(isBound && row.status !== 'awaiting')) {
    const identity = newIdentity(prepared);
    const question: Question = { asks: 'approval', call, ready: prepared, row: identity, attempt: undefined };
    return { type: 'ask', question, ...(isBound ? {} : { write: { ...identity, status: 'awaiting' } }) };
  }
  return run(prepared, row?.decision);
}

/** After somebody decided the question. */
export function applyDecision(question: Question, decision: Decision, by: NonNullable<ToolCallWrite['decision']>): CallPlan {
  const { row, ready } = question;
  const settle = (status: 'done' | 'denied', content: string, isError: boolean): CallPlan => {
    const result = { content, isError };
    return { type: 'settled', result, write: { ...row, status, result, decision: by } };
  };
  switch (decision.type) {
    case 'deny':
      return settle('denied', `${DENIED}: ${decision.reason === '' ? 'a person denied this call' : decision.reason}`, true);
    case 'done':
      return settle('done', decision.result ?? 'A person confirmed that this call was carried out; what it returned is not known.', false);
    case 'skip':
      return settle(
        'done',
        'Error: it is not known whether this call was carried out; a person decided to go on without repeating it',
        true,
      );
    case 'approve':
    case 'retry':
      // What was decided on is not what would run: the tool has changed since.
      if (ready === undefined || ready.argumentsHash !== row.argumentsHash)
        return settle('done', `Error: the tool '${row.tool}' has changed since it was called, so the call was not run`, true);
      return run(ready, by);
  }
}

/** After a `once` call ran of which nobody knows what became of it: somebody is asked, as after a crash (R7). */
export function askForOutcome({ call, intent }: Extract<CallPlan, { type: 'run' }>, asked: ToolCallPart, attempt: Attempt): CallPlan {
  const row = newIdentity(call);
  const decision = intent?.decision;
  return {
    type: 'ask',
    question: { asks: 'outcome', call: asked, ready: call, row, attempt },
    write: { ...row, status: 'unknown', ...(decision === undefined ? {} : { decision }) },
  };
}

/** The row of a call that can be run. */
export function newIdentity({ id, tool, argumentsHash, idempotencyKey }: ReadyCall): CallIdentity {
  return { callId: id, tool: tool.name, effect: tool.effect, argumentsHash, idempotencyKey };
}

function run(call: ReadyCall, decision: ToolCallWrite['decision']): CallPlan {
  const isPure = call.tool.effect === 'pure';
  if (isPure && decision === undefined) return { type: 'run', call };
  const intent: ToolCallWrite = {
    ...newIdentity(call),
    status: isPure ? 'approved' : 'intended',
    ...(decision === undefined ? {} : { decision }),
  };
  return { type: 'run', call, intent };
}

function isUnknown(row: ToolCallRecord, ready: ReadyCall | undefined): boolean {
  if (row.status === 'unknown') return true;
  return row.status === 'intended' && (row.effect === 'once' || ready === undefined || ready.tool.effect === 'once');
}

/** Which attempt it is that nobody knows the end of. */
export function attemptOf(row: ToolCallRecord, attempts: Attempts): Attempt {
  const known = attempts[row.callId];
  if (row.status === 'unknown' && known !== undefined) return known;
  return { number: (known?.number ?? 0) + 1, startedAt: row.updatedAt };
}

/** What the model reads of a call that somebody denied begins with this (TOOL-61). */
const DENIED = 'TOOL_EXECUTION_DENIED';
const LOST_RESULT: StoredToolResult = { content: '(no result)', isError: true };
