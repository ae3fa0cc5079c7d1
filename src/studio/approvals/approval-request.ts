/** What the approval webhook is sent (TOOL-63): pure. */
import { createHmac } from 'node:crypto';
import { isoTime } from '../../base/clock.js';
import { canonicalJson, type JsonObject, sha256Hex } from '../../base/json.js';
import type { TaskRecord } from '../../tasks/task-store.js';
import type { Question } from '../open-questions.js';

export interface ApprovalRequest {
  /** The same as long as the same call waits, however often its run asks anew. */
  readonly key: string;
  readonly task: TaskRecord;
  readonly question: Question;
}

export function toApprovalRequest(task: TaskRecord, question: Question): ApprovalRequest {
  return { key: sha256Hex(canonicalJson([task.id, question.callId, question.argumentsHash])).slice(0, 32), task, question };
}

/** @param baseUrl without it the URLs are paths. */
export function describeRequest({ key, task, question }: ApprovalRequest, baseUrl: string): JsonObject {
  const id = encodeURIComponent(task.id);
  return {
    type: 'tool_approval_request',
    id: key,
    task_id: task.id,
    context_id: task.contextId,
    session_id: task.contextId,
    agent: question.agent === '' ? task.agent : question.agent,
    tool_call_id: question.callId,
    tool_name: question.tool,
    parameters: question.arguments,
    arguments_hash: question.argumentsHash,
    prompt: question.prompt,
    ...(task.expiresAt === undefined ? {} : { expires_at: isoTime(task.expiresAt) }),
    urls: {
      decision: `${baseUrl}/api/tasks/${id}/toolCalls/${encodeURIComponent(question.callId)}/decision`,
      task: `${baseUrl}/api/checkpoints/${id}`,
      agent: `${baseUrl}/agents/${encodeURIComponent(task.agent)}`,
    },
  };
}

/** @param secret '' = without a signature. */
export function toHeaders(key: string, body: string, secret: string, now: number): Readonly<Record<string, string>> {
  const seconds = Math.floor(now / 1_000);
  return {
    'content-type': 'application/json',
    accept: 'application/json',
    'idempotency-key': key,
    ...(secret === '' ? {} : { 'x-hector-signature': `t=${seconds},v1=${sign(`${seconds}.${body}`, secret)}` }),
  };
}

function sign(text: string, secret: string): string {
  return createHmac('sha256', secret).update(text).digest('hex');
}
