/**
 * Calls of the session that have no result: what the model reads of each in its place (AGT-28, R7): pure.
 *
 * A call that is hidden is a call that the model makes again. So each has a result that says what the log knows: whether it was
 * begun, whom it waits for, or what came of it after its run had ended.
 */
import { isoTime } from '../../base/clock.js';
import { isTerminal } from '../../protocol/task-state.js';
import type { SessionMessage, ToolCallPart, ToolResultPart } from '../../tasks/session-message.js';
import type { SessionToolCall, StoredToolResult } from '../../tasks/tool-call.js';
import { toResultPart } from './answered-call.js';

/** This agent's calls that no tool message answers, in their order. */
export function findOpenCalls(history: readonly SessionMessage[], agent: string): readonly ToolCallPart[] {
  const answered = new Set<string>();
  const calls: ToolCallPart[] = [];
  for (const { author, role, parts } of history) {
    if (author !== agent || role === 'user') continue;
    for (const part of parts) {
      if (part.type === 'tool_result') answered.add(part.callId);
      else if (part.type === 'tool_call') calls.push(part);
    }
  }
  return calls.filter(({ id }) => !answered.has(id));
}

/** @param row what the ledger knows of it; `undefined`: nothing. */
export function describeOpenCall(call: ToolCallPart, row: SessionToolCall | undefined): ToolResultPart {
  return toResultPart(call, row?.tool === call.name ? describeRow(row) : NO_RECORD);
}

function describeRow(row: SessionToolCall): StoredToolResult {
  const { status, taskId, taskState, effect } = row;
  const hasEnded = isTerminal(taskState);
  switch (status) {
    case 'done':
    case 'denied':
      return row.result ?? NO_RECORD;
    case 'awaiting':
      return hasEnded
        ? noResult('This call was never carried out: its run ended before somebody decided about it.')
        : noResult(`This call waits for a person's decision in task ${taskId}; it has not been carried out. Do not request it again.`);
    case 'approved':
      if (!hasEnded) return noResult(`This call was approved and is up to task ${taskId}. Do not request it again.`);
      return effect === 'pure'
        ? noResult('This call was approved, but its run ended before there was a result.')
        : noResult('This call was approved and never carried out: its run ended first.');
    case 'intended':
    case 'unknown': {
      const begun = `This call was begun at ${isoTime(begunAt(row))}; its outcome is not known.`;
      return hasEnded
        ? noResult(`${begun} Do not repeat it without asking the user.`)
        : noResult(`${begun} Task ${taskId} waits for a person to say what became of it. Do not repeat it.`);
    }
  }
}

/** An intent is written right before its call; what is written of it later tells when it was asked about. */
function begunAt({ status, decision, createdAt, updatedAt }: SessionToolCall): number {
  return status === 'intended' ? updatedAt : (decision?.at ?? createdAt);
}

function noResult(content: string): StoredToolResult {
  return { content: `(no result) ${content}`, isError: true };
}

/** Pure calls leave no row, and rows of ended runs may have been deleted (`storage.retention`). */
const NO_RECORD = noResult('There is no record that this call was begun; its run ended first.');
