/**
 * What a remote agent does with one message, from sending it to the end or a question, through broken streams and restarts of its server.
 *
 * - A message whose task is known is never sent again: a stream that broke is subscribed to, and what ended meanwhile is read.
 * - A message whose task is not known is sent again under the same `messageId`, unless that may repeat it and `effect` is `once`.
 */
import { throwIfAborted } from '../../base/abort.js';
import { backoffMs } from '../../base/backoff.js';
import type { Clock } from '../../base/clock.js';
import { AppError, describeError, hasCode, toAppError } from '../../base/errors.js';
import type { Logger } from '../../observe/log.js';
import type { Message, StreamResponse, TaskState } from '../../protocol/a2a.js';
import { isInterrupted, isTerminal } from '../../protocol/task-state.js';
import type { RemoteEvent, RemotePeer } from './remote-peer.js';

export interface FollowOptions {
  readonly peer: RemotePeer;
  /** `undefined`: it has been sent. */
  readonly message: Message | undefined;
  /** Of the task that takes the message, or that has taken it. Default: not known yet. */
  readonly taskId: string | undefined;
  readonly cursor: string | undefined;
  /** Message that asked what `message` answers: a status with it is old. */
  readonly answered: string | undefined;
  /** A message that may have arrived is not sent again. */
  readonly isOnce: boolean;
  readonly maxOutageMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Ends after an event that ends the remote task, asks something, or is a message. @throws AppError `REMOTE_…`, or the signal's reason. */
export async function* followTask(options: FollowOptions): AsyncGenerator<RemoteEvent, void> {
  const { peer, message, answered, isOnce, maxOutageMs, clock, log, signal } = options;
  let { taskId, cursor } = options;
  let isSent = message === undefined;
  let failures = 0;
  let downSince: number | undefined;
  for (;;) {
    let heard = 0;
    let failure: AppError | undefined;
    try {
      const source = isSent && taskId !== undefined ? reattach(peer, taskId, cursor, signal) : begin(peer, message as Message, signal);
      for await (const event of source) {
        heard += 1;
        isSent = true;
        taskId = taskIdOf(event.response) ?? taskId;
        cursor = event.cursor ?? cursor;
        yield event;
        if (isOver(event.response, answered)) return;
      }
    } catch (error) {
      throwIfAborted(signal);
      failure = toAppError(error, 'REMOTE_UNAVAILABLE');
      if (!mayPass(failure, isSent)) throw failure;
      if (!isSent && isOnce && failure.details['arrived'] !== false) throw failure;
      if (!isSent) peer.forgetCard();
    }
    // A task that is only read, not streamed, is one event each time: it is asked for less and less often.
    failures = heard > 1 ? 1 : failures + 1;
    downSince = heard > 0 ? clock.monotonic() : (downSince ?? clock.monotonic());
    if (clock.monotonic() - downSince > maxOutageMs)
      throw failure ?? new AppError('REMOTE_UNAVAILABLE', { message: 'Its streams end before the task does' });
    log.info(
      { remoteTaskId: taskId, reason: failure === undefined ? 'its stream ended' : describeError(failure) },
      'a remote agent is asked again',
    );
    await clock.sleep(
      Math.max(backoffMs(failures, heard > 0 ? POLLING : BACKOFF), Math.min(failure?.retryAfterMs ?? 0, maxOutageMs)),
      signal,
    );
  }
}

/** The state that an event tells. */
export function stateOf(response: StreamResponse): TaskState | undefined {
  if ('task' in response) return response.task.status.state;
  return 'statusUpdate' in response ? response.statusUpdate.status.state : undefined;
}

export function taskIdOf(response: StreamResponse): string | undefined {
  if ('message' in response) return undefined;
  const id =
    'task' in response ? response.task.id : 'statusUpdate' in response ? response.statusUpdate.taskId : response.artifactUpdate.taskId;
  return id === '' ? undefined : id;
}

export function contextIdOf(response: StreamResponse): string | undefined {
  const [body] = Object.values(response) as readonly { readonly contextId?: string }[];
  return body?.contextId === '' ? undefined : body?.contextId;
}

/** The task has ended, waits for an answer, or there is none. */
export function isOver(response: StreamResponse, answered: string | undefined): boolean {
  if ('message' in response) return true;
  const state = stateOf(response);
  if (state === undefined) return false;
  return isTerminal(state) || (isInterrupted(state) && !isAnswered(response, answered));
}

function isAnswered(response: StreamResponse, answered: string | undefined): boolean {
  const status = 'task' in response ? response.task.status : 'statusUpdate' in response ? response.statusUpdate.status : undefined;
  return answered !== undefined && status?.message?.messageId === answered;
}

async function* begin(peer: RemotePeer, message: Message, signal: AbortSignal): AsyncGenerator<RemoteEvent, void> {
  const { streaming } = await peer.card(signal);
  if (streaming) yield* peer.sendStreaming(message, signal);
  else yield { response: await peer.send(message, signal), cursor: undefined };
}

async function* reattach(
  peer: RemotePeer,
  taskId: string,
  cursor: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<RemoteEvent, void> {
  const { streaming } = await peer.card(signal);
  if (streaming) {
    try {
      yield* peer.subscribe(taskId, cursor, signal);
      return;
    } catch (error) {
      // It ended meanwhile, or has no subscriptions.
      if (!hasCode(error, 'REMOTE_UNSUPPORTED')) throw error;
    }
  }
  yield { response: { task: await peer.getTask(taskId, signal) }, cursor: undefined };
}

/** Once a task is known, whatever goes wrong with its stream says nothing about the task. */
function mayPass(error: AppError, isSent: boolean): boolean {
  if (error.code === 'REMOTE_UNAVAILABLE') return true;
  return isSent && (error.code === 'REMOTE_BAD_RESPONSE' || error.code === 'REMOTE_REFUSED');
}

const BACKOFF = { baseMs: 200, maxMs: 5_000 };
const POLLING = { baseMs: 200, maxMs: 2_000 };
