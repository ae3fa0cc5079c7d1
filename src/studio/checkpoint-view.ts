/** What the API shows of a run: pure. */
import { isoTime } from '../base/clock.js';
import type { JsonObject } from '../base/json.js';
import { isInterrupted, isTerminal } from '../protocol/task-state.js';
import { readStoredResult } from '../tasks/stored-tool-result.js';
import type { TaskRecord } from '../tasks/task-store.js';
import type { ToolCallRecord } from '../tasks/tool-call.js';

export type RunStatus = 'queued' | 'running' | 'waiting' | 'held' | 'interrupted' | 'ended';

/** `isLeased` undefined: Redis does not answer. A run that a worker took counts as running then. */
export function runStatus(task: TaskRecord, isLeased: boolean | undefined): RunStatus {
  if (isTerminal(task.state)) return 'ended';
  if (isInterrupted(task.state)) return 'waiting';
  if (task.heldSince !== undefined) return 'held';
  if ((task.openChildren ?? 0) > 0) return 'running';
  if (task.worker === '') return 'queued';
  return isLeased === false ? 'interrupted' : 'running';
}

export function viewRun(task: TaskRecord, isLeased: boolean | undefined): JsonObject {
  return {
    task_id: task.id,
    context_id: task.contextId,
    agent: task.agent,
    status: runStatus(task, isLeased),
    state: task.state,
    step: task.step,
    epoch: task.epoch,
    takes: task.takes,
    seq: task.seq,
    turn: task.turn,
    worker: task.worker,
    lease_alive: isLeased ?? null,
    config_version: task.configVersion,
    created_at: isoTime(task.createdAt),
    updated_at: isoTime(task.updatedAt),
    ...(task.heldSince === undefined ? {} : { held_since: isoTime(task.heldSince) }),
    ...(task.expiresAt === undefined ? {} : { expires_at: isoTime(task.expiresAt) }),
    ...(task.children === undefined ? {} : { branches: task.children, branches_at_work: task.openChildren ?? 0 }),
    ...(task.child === undefined ? {} : { branch: task.child.key, parent_task_id: task.child.parentId, root_task_id: task.child.rootId }),
  };
}

export function viewToolCall(call: ToolCallRecord): JsonObject {
  const { decision } = call;
  const result = call.result === undefined ? undefined : readStoredResult(call.result);
  return {
    call_id: call.callId,
    tool: call.tool,
    effect: call.effect,
    status: call.status,
    arguments_hash: call.argumentsHash,
    step: call.step,
    epoch: call.epoch,
    ...(decision === undefined ? {} : { decision: { message_id: decision.messageId, at: isoTime(decision.at) } }),
    ...(result === undefined
      ? {}
      : {
          result: {
            content: cutText(result.content),
            is_error: result.isError,
            truncated: result.content.length > MAX_RESULT_CHARACTERS,
          },
        }),
    created_at: isoTime(call.createdAt),
    updated_at: isoTime(call.updatedAt),
  };
}

/** Never half of a character that takes two places. */
function cutText(text: string): string {
  return text.length <= MAX_RESULT_CHARACTERS ? text : text.slice(0, MAX_RESULT_CHARACTERS).replace(/[\uD800-\uDBFF]$/, '');
}

const MAX_RESULT_CHARACTERS = 2_000;
