/** A call, its continuation, and its cancellation, as operations on a task. */
import { hasCode, toAppError } from '../../base/errors.js';
import { newId } from '../../base/ids.js';
import type { JsonObject } from '../../base/json.js';
import type { AgentSettings } from '../../config/settings.js';
import type { ServerSentEvent } from '../binding-reply.js';
import type { OperationCall } from '../operation-call.js';
import type { FrameStream } from '../task-stream.js';
import { type CallScope, callKey, contextOf, findAgent, operationCall, type RunningCall, visibleAgents } from './call-scope.js';
import type { CallPlace } from './event-id.js';
import { followCall, formatResult } from './follow-call.js';
import { toCallResult } from './to-call-result.js';

/** What is answered, and how its progress is told. */
export type Place = Pick<CallPlace, 'agent' | 'requestId' | 'progressToken'>;

/** A new call. */
export async function* startCall(
  scope: CallScope,
  place: Place,
  agent: AgentSettings,
  args: JsonObject,
  signal: AbortSignal,
): AsyncGenerator<ServerSentEvent, void> {
  const { operations, request } = scope;
  const operation = operationCall(scope, place.agent, agent, signal);
  const key = callKey(scope, place.requestId);
  const params = { message: readArguments(args, key), configuration: { historyLength: 0 } };
  const call: RunningCall = { agent: place.agent, taskId: undefined, isCanceled: false };
  const end = beginCall(scope, key, call);
  try {
    if (!agent.streaming) {
      const response = await operations.sendMessage(params, operation);
      if ('task' in response) onTask(response.task.id);
      yield { data: formatResult(place.requestId, toCallResult(response)) };
      return;
    }
    const frames = await operations.sendStreamingMessage(params, operation);
    yield* followCall(frames, {
      ...{ place, progress: 0, canPrime: (request.headers['mcp-protocol-version'] ?? '') >= '2025-11-25' },
      readTask: async (taskId) => ({ task: await operations.getTask({ id: taskId, historyLength: 0 }, { ...operation, isPart: true }) }),
      onTask,
    });
  } finally {
    end();
  }

  function onTask(taskId: string): void {
    call.taskId = taskId;
    // It says for itself what it cannot do.
    if (call.isCanceled) void cancelTask(scope, place.agent, async () => taskId);
  }
}

/** A cancellation finds the call from now on, until what is returned is called. */
function beginCall({ running, principal }: CallScope, key: string | undefined, call: RunningCall): () => void {
  if (key === undefined) return () => undefined;
  const known = `${principal.subject} ${key}`;
  const calls = running.get(known) ?? new Set();
  running.set(known, calls.add(call));
  return () => {
    calls.delete(call);
    if (calls.size === 0 && running.get(known) === calls) running.delete(known);
  };
}

/** A call of before, from its place on; on any front. */
export async function* resumeCall(
  scope: CallScope,
  place: CallPlace,
  agent: AgentSettings,
  signal: AbortSignal,
): AsyncGenerator<ServerSentEvent, void> {
  const { operations } = scope;
  const operation = operationCall(scope, place.agent, agent, signal);
  const readTask = async (taskId: string) => ({
    task: await operations.getTask({ id: taskId, historyLength: 0 }, { ...operation, isPart: true }),
  });
  let frames: FrameStream;
  try {
    frames = await operations.subscribeToTask({ id: place.taskId }, { ...operation, lastEventId: place.cursor });
  } catch (error) {
    // It has ended, and its result is all that is left to tell.
    if (toAppError(error).code !== 'OPERATION_UNSUPPORTED') throw error;
    yield { data: formatResult(place.requestId, toCallResult(await readTask(place.taskId))) };
    return;
  }
  // Progress must grow: more than any stream before has counted.
  yield* followCall(frames, { place, progress: Date.now(), canPrime: false, readTask, onTask: () => undefined });
}

/** @param params of `notifications/cancelled` */
export async function cancelCall({ requestId }: JsonObject, scope: CallScope): Promise<void> {
  const { operations, running, principal } = scope;
  const key = callKey(scope, typeof requestId === 'string' || typeof requestId === 'number' ? requestId : null);
  if (key === undefined) return;
  const here = [...(running.get(`${principal.subject} ${key}`) ?? [])];
  for (const call of here) {
    const { agent, taskId } = call;
    if (taskId === undefined) call.isCanceled = true;
    else await cancelTask(scope, agent, async () => taskId);
  }
  if (here.some(({ taskId }) => taskId !== undefined)) return;
  const candidates = here.length > 0 ? here.map(({ agent }) => agent) : visibleAgents(scope).map(([name]) => name);
  for (const name of candidates.slice(0, MAX_SEARCHED)) {
    const find = async (operation: OperationCall) =>
      (await operations.listTasks({ contextId: contextOf(key), pageSize: 1 }, operation)).tasks[0]?.id;
    if (await cancelTask(scope, name, find)) return;
  }
}

/** Whether there is such a task. Never throws: a notification has no answer. */
async function cancelTask(
  scope: CallScope,
  name: string,
  find: (operation: OperationCall) => Promise<string | undefined>,
): Promise<boolean> {
  const { operations, request, log } = scope;
  try {
    const agent = findAgent(scope, name);
    if (agent === undefined) return false;
    const operation = operationCall(scope, name, agent, request.signal);
    const id = await find(operation);
    if (id === undefined) return false;
    await operations.cancelTask({ id }, operation);
    return true;
  } catch (error) {
    const isOver = hasCode(error, 'TASK_NOT_CANCELABLE') || hasCode(error, 'TASK_NOT_FOUND');
    if (isOver) log.debug({ err: error, agent: name }, 'a cancellation by MCP came when its task had ended');
    else log.warn({ err: error, agent: name }, 'a cancellation by MCP failed');
    return isOver;
  }
}

/** A request sent again by the same client is the same message, and so the same task (R11). */
function readArguments({ request, contextId, taskId }: JsonObject, key: string | undefined): JsonObject {
  const messageId = key === undefined ? newId() : `mcp-${key}`;
  const isNew = contextId === undefined && taskId === undefined;
  return {
    messageId,
    role: 'ROLE_USER',
    parts: [{ text: request }] as unknown as JsonObject[],
    ...(isNew && key !== undefined ? { contextId: contextOf(key) } : {}),
    ...(contextId === undefined ? {} : { contextId }),
    ...(taskId === undefined ? {} : { taskId }),
  };
}

/** Agents in which a cancellation is looked for that another front's call belongs to. */
const MAX_SEARCHED = 50;
