/** A call, its continuation, and its cancellation, as operations on a task. */
import { toAppError } from '../../base/errors.js';
import { newId } from '../../base/ids.js';
import type { JsonObject } from '../../base/json.js';
import type { AgentSettings } from '../../config/settings.js';
import type { ServerSentEvent } from '../binding-reply.js';
import type { FrameStream } from '../task-stream.js';
import { type CallScope, callKey, contextOf, findAgent, operationCall, visibleAgents } from './call-scope.js';
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
  const { operations, running, principal, request } = scope;
  const operation = operationCall(scope, place.agent, agent, signal);
  const key = callKey(scope, place.requestId);
  const params = { message: readArguments(args, key), configuration: { historyLength: 0 } };
  const known = key === undefined ? undefined : `${principal.subject} ${key}`;
  try {
    if (!agent.streaming) {
      yield { data: formatResult(place.requestId, toCallResult(await operations.sendMessage(params, operation))) };
      return;
    }
    const frames = await operations.sendStreamingMessage(params, operation);
    yield* followCall(frames, {
      ...{ place, progress: 0, canPrime: (request.headers['mcp-protocol-version'] ?? '') >= '2025-11-25' },
      readTask: async (taskId) => ({ task: await operations.getTask({ id: taskId, historyLength: 0 }, operation) }),
      onTask: (taskId) => {
        if (known !== undefined) running.set(known, { agent: place.agent, taskId });
      },
    });
  } finally {
    if (known !== undefined) running.delete(known);
  }
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
  const readTask = async (taskId: string) => ({ task: await operations.getTask({ id: taskId, historyLength: 0 }, operation) });
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
  const { operations, running, request, principal, log } = scope;
  const key = callKey(scope, typeof requestId === 'string' || typeof requestId === 'number' ? requestId : null);
  if (key === undefined) return;
  const here = running.get(`${principal.subject} ${key}`);
  const candidates =
    here === undefined
      ? visibleAgents(scope)
          .slice(0, MAX_SEARCHED)
          .map(([name]) => name)
      : [here.agent];
  try {
    for (const name of candidates) {
      const agent = findAgent(scope, name);
      if (agent === undefined) continue;
      const operation = operationCall(scope, name, agent, request.signal);
      const taskId = here?.taskId ?? (await operations.listTasks({ contextId: contextOf(key), pageSize: 1 }, operation)).tasks[0]?.id;
      if (taskId !== undefined) return void (await operations.cancelTask({ id: taskId }, operation));
    }
  } catch (error) {
    // A notification has no answer; that the task has ended meanwhile is no failure.
    log.debug({ err: error }, 'a cancellation by MCP changed nothing');
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
