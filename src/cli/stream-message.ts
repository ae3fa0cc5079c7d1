/**
 * An A2A client of one message: sends it and gives every event of the task until the stream's end.
 *
 * A stream that is cut is taken up again where it stopped, by SubscribeToTask with `Last-Event-ID` (R10). Cut before
 * the first event, the message is sent again with the same id, which cannot start a second task (R11).
 */

import { backoffMs } from '../base/backoff.js';
import { type Clock, systemClock } from '../base/clock.js';
import { AppError, describeError } from '../base/errors.js';
import { newId } from '../base/ids.js';
import type { StreamResponse, Task, TaskState } from '../protocol/a2a.js';
import { isInterrupted, isTerminal } from '../protocol/task-state.js';
import { callAgent, type RpcCall } from './call-agent.js';
import { readEvents } from './read-events.js';

export interface StreamMessageOptions {
  /** JSON-RPC address of the agent. */
  readonly url: string;
  /** Who asks. Default: nobody. */
  readonly token?: string | undefined;
  readonly text: string;
  /** Continues this conversation. */
  readonly contextId?: string;
  readonly signal: AbortSignal;
  /** Told before each further attempt. */
  readonly onReconnect?: (reason: string) => void;
  readonly clock?: Clock;
}

const MAX_ATTEMPTS = 10;
const UNSUPPORTED_OPERATION = -32004;

interface Progress {
  taskId: string;
  lastEventId: string;
  isOver: boolean;
  failures: number;
}

export async function* streamMessage(options: StreamMessageOptions): AsyncGenerator<StreamResponse> {
  const { url, token, signal, clock = systemClock } = options;
  const message = {
    messageId: newId(),
    role: 'ROLE_USER',
    parts: [{ text: options.text }],
    ...(options.contextId === undefined ? {} : { contextId: options.contextId }),
  };
  const progress: Progress = { taskId: '', lastEventId: '', isOver: false, failures: 0 };
  while (!progress.isOver) {
    const call: RpcCall =
      progress.taskId === ''
        ? { url, token, method: 'SendStreamingMessage', params: { message }, signal }
        : { url, token, method: 'SubscribeToTask', params: { id: progress.taskId }, lastEventId: progress.lastEventId, signal };
    let reason = 'the stream ended early';
    try {
      yield* readStream(call, progress);
    } catch (error) {
      if (signal.aborted || !(error instanceof AppError) || error.disposition !== 'retry') {
        if (!hasEnded(error)) throw error;
        yield { task: await getTask(options, progress) };
        return;
      }
      if (progress.taskId === '' && error.details.refused === true) throw error;
      reason = describeError(error);
    }
    if (progress.isOver) return;
    progress.failures += 1;
    if (progress.failures >= MAX_ATTEMPTS)
      throw new AppError('CLI_SERVER_UNREACHABLE', {
        message: `the stream was cut and ${MAX_ATTEMPTS} attempts to take it up again failed: ${reason}`,
      });
    options.onReconnect?.(reason);
    await clock.sleep(backoffMs(progress.failures, { baseMs: 100, maxMs: 5_000 }), signal);
  }
}

async function* readStream(call: RpcCall, progress: Progress): AsyncGenerator<StreamResponse> {
  const response = await callAgent(call);
  if (response.type === 'result') {
    const event = asEvent(response.result);
    note(event, progress);
    progress.isOver = true;
    yield event;
    return;
  }
  try {
    for await (const sent of readEvents(response.body)) {
      const event = asEvent(response.read(sent.data));
      if (sent.id !== '') progress.lastEventId = sent.id;
      note(event, progress);
      yield event;
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('CLI_SERVER_UNREACHABLE', { message: 'the connection was cut', cause: error });
  }
}

/** The server no longer streams a task that has ended; its final state is asked for. */
function hasEnded(error: unknown): boolean {
  return error instanceof AppError && error.details.rpcCode === UNSUPPORTED_OPERATION;
}

async function getTask({ url, token, signal }: StreamMessageOptions, progress: Progress): Promise<Task> {
  const response = await callAgent({ url, token, method: 'GetTask', params: { id: progress.taskId }, signal });
  if (response.type !== 'result') throw new AppError('CLI_SERVER_REFUSED', { message: 'the server answered GetTask with a stream' });
  return response.result as Task;
}

function note(event: StreamResponse, progress: Progress): void {
  progress.failures = 0;
  if ('message' in event) progress.isOver = true;
  if ('task' in event) progress.taskId = event.task.id;
  if ('statusUpdate' in event) progress.taskId = event.statusUpdate.taskId;
  const state = findState(event);
  if (state !== undefined && (isTerminal(state) || isInterrupted(state))) progress.isOver = true;
}

export function findState(event: StreamResponse): TaskState | undefined {
  if ('task' in event) return event.task.status.state;
  return 'statusUpdate' in event ? event.statusUpdate.status.state : undefined;
}

function asEvent(value: unknown): StreamResponse {
  if (typeof value === 'object' && value !== null && ['task', 'message', 'statusUpdate', 'artifactUpdate'].some((key) => key in value))
    return value as StreamResponse;
  throw new AppError('CLI_SERVER_REFUSED', {
    message: 'the server sent an event that is no task, message, statusUpdate or artifactUpdate',
  });
}
