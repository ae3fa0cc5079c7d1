/**
 * `POST /api/tasks/{taskId}/toolCalls/{callId}/decision`: sends the A2A message that answers what the run asks about this call
 * (TOOL-61, TOOL-62). The message's id follows from the question and the answer, so the same request again is the same
 * message (R11), while a call that is asked about a second time can be answered a second time.
 */
import { AppError, hasCode } from '../base/errors.js';
import { canonicalJson, type JsonObject, sha256Hex } from '../base/json.js';
import type { Message } from '../protocol/a2a.js';
import { isTerminal } from '../protocol/task-state.js';
import type { TaskRecord } from '../tasks/task-store.js';
import { DECISIONS, type ToolCallRecord } from '../tasks/tool-call.js';
import { getRun, isPossibleId, type RunReference, readBranches, SHOWN_CHARACTERS } from './get-run.js';
import { findOpenQuestions, findQuestion, type Question } from './open-questions.js';
import type { DecisionRequest } from './read-decision.js';
import { ended } from './resume-checkpoint.js';
import type { StudioPorts } from './studio-ports.js';
import type { StudioResponse } from './studio-route.js';

type DecisionPorts = Pick<StudioPorts, 'tasks' | 'toolCalls' | 'acceptMessage'>;

export async function decideToolCall(
  ports: DecisionPorts,
  run: RunReference,
  callId: string,
  decision: DecisionRequest,
): Promise<StudioResponse> {
  const task = await getRun(ports, run);
  const question = isPossibleId(callId) ? await findQuestion(ports.tasks, task, callId) : undefined;
  if (question === undefined) throw await notAsked(ports, task, callId);
  assertFits(decision, question);
  const message = toMessage(task, question, decision);
  await assertOpen(ports, task, question, message.messageId);
  const { state } = await send(ports, task, message);
  return {
    status: 200,
    body: {
      task_id: task.id,
      call_id: callId,
      tool: question.tool,
      decision: decision.decision,
      arguments_hash: question.argumentsHash,
      message_id: message.messageId,
      state,
    },
  };
}

async function notAsked(ports: DecisionPorts, task: TaskRecord, callId: string): Promise<AppError> {
  const row = isPossibleId(callId) ? await findCall(ports, task, callId) : undefined;
  if (row !== undefined)
    return new AppError('TOOL_CALL_NOT_OPEN', {
      message: `The call '${callId}' of the tool '${row.tool}' waits for no decision: it is ${row.status}`,
    });
  const open = (await findOpenQuestions(ports.tasks, task)).map((question) => `'${question.callId}'`);
  return new AppError('TOOL_CALL_NOT_FOUND', {
    message: `Task '${task.id}' asks about no call '${callId.slice(0, SHOWN_CHARACTERS)}'; ${open.length === 0 ? 'none is open' : `open are ${open.join(', ')}`}`,
  });
}

function assertFits({ decision, argumentsHash }: DecisionRequest, { asks, callId, argumentsHash: wanted }: Question): void {
  const decisions: readonly string[] = DECISIONS[asks];
  if (!decisions.includes(decision)) {
    const description = `must be one of ${decisions.join(', ')} for the call '${callId}', not '${decision}'`;
    throw new AppError('PARAMS_INVALID', {
      message: `Invalid parameters: decision: ${description}`,
      problems: [{ field: 'decision', description }],
    });
  }
  if (argumentsHash === undefined || wanted === '' || argumentsHash === wanted) return;
  throw new AppError('TOOL_CALL_CHANGED', {
    message: `The arguments of the call '${callId}' have the hash ${wanted}, not ${argumentsHash}: look at them again before you decide`,
  });
}

/** What the ledger says of a call of this run or of one below it; of several that are called the same, one that waits for a decision. */
export async function findCall(ports: DecisionPorts, task: TaskRecord, callId: string): Promise<ToolCallRecord | undefined> {
  const runs = [task, ...(await readBranches(ports.tasks, task))];
  const rows = (await Promise.all(runs.map(({ id }) => ports.toolCalls.toolCalls(id, { callIds: [callId] })))).flat();
  return rows.find(({ status }) => status === 'awaiting' || status === 'unknown') ?? rows[0];
}

/** A decision is final; only the same one may come again. */
async function assertOpen(ports: DecisionPorts, task: TaskRecord, question: Question, messageId: string): Promise<void> {
  const row = await findCall(ports, task, question.callId);
  if (row === undefined || row.decision?.messageId === messageId) return;
  if (row.status === (question.asks === 'approval' ? 'awaiting' : 'unknown')) return;
  throw new AppError('TOOL_CALL_NOT_OPEN', {
    message: `The call '${question.callId}' was decided before: it is ${row.status}; GET /api/checkpoints/${task.id} shows it`,
  });
}

function toMessage(task: TaskRecord, question: Question, decision: DecisionRequest): Message & { readonly messageId: string } {
  const data = toData(question, decision);
  const messageId = `decision-${sha256Hex(canonicalJson([task.id, question.messageId, data])).slice(0, 32)}`;
  return { messageId, taskId: task.id, role: 'ROLE_USER', parts: [{ data }] };
}

function toData({ callId, asks, argumentsHash }: Question, { decision, reason, result }: DecisionRequest): JsonObject {
  return {
    ...(asks === 'approval' ? { type: 'tool_approval', decision } : { type: 'tool_outcome', outcome: decision }),
    tool_call_id: callId,
    ...(argumentsHash === '' ? {} : { arguments_hash: argumentsHash }),
    ...(reason === undefined ? {} : { reason }),
    ...(result === undefined ? {} : { result }),
  };
}

async function send(ports: DecisionPorts, task: TaskRecord, message: Message): Promise<TaskRecord> {
  const { agent, owner, tenant, configVersion } = task;
  try {
    return await ports.acceptMessage({ agent, owner, tenant, configVersion, message });
  } catch (error) {
    if (!hasCode(error, 'OPERATION_UNSUPPORTED')) throw error;
    const { state } = await getRun(ports, { taskId: task.id, owner });
    if (isTerminal(state)) throw ended(task.id, state);
    throw new AppError('TASK_BUSY', {
      message: `The run '${task.id}' acts on an earlier answer (${state}); send this one again when it waits`,
      retryAfterMs: 1_000,
    });
  }
}
