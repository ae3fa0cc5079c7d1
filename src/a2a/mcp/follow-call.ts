/** The stream of one call: progress as the agent writes, then the result. */
import { isJsonObject, type JsonObject } from '../../base/json.js';
import type { SendMessageResponse, StreamResponse } from '../../protocol/a2a.js';
import { isInterrupted, isTerminal } from '../../protocol/task-state.js';
import { formatCursor } from '../../tasks/task-event.js';
import type { ServerSentEvent } from '../binding-reply.js';
import type { FrameStream } from '../task-stream.js';
import { type CallPlace, formatEventId } from './event-id.js';
import { toCallResult } from './to-call-result.js';

export interface FollowCallOptions {
  readonly place: Omit<CallPlace, 'taskId' | 'cursor'>;
  /** Progress that the caller has had before, when a stream goes on. */
  readonly progress: number;
  /** The task as it is. */
  readonly readTask: (taskId: string) => Promise<SendMessageResponse>;
  /** The client knows events without a message, by which it learns where it stands. */
  readonly canPrime: boolean;
  readonly onTask: (taskId: string) => void;
}

export async function* followCall(frames: FrameStream, options: FollowCallOptions): AsyncGenerator<ServerSentEvent, void> {
  const { place, readTask, canPrime, onTask } = options;
  const { progressToken, requestId } = place;
  let { progress } = options;
  let taskId = '';
  for await (const { response, cursor } of frames) {
    if ('message' in response) return yield { data: formatResult(requestId, toCallResult(response)) };
    if (taskId === '') {
      taskId = taskIdOf(response);
      onTask(taskId);
      if (canPrime) yield { id: formatEventId({ ...place, taskId, cursor: formatCursor(cursor) }), data: '' };
    }
    const text = textOf(response);
    if (text !== '' && progressToken !== undefined) {
      progress += 1;
      const params = { progressToken, progress, message: text };
      const id = formatEventId({ ...place, taskId, cursor: formatCursor(cursor) });
      yield { id, data: JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params }) };
    }
    if (isAtRest(response)) break;
  }
  yield { data: formatResult(requestId, toCallResult(await readTask(taskId))) };
}

export function formatResult(id: CallPlace['requestId'], result: JsonObject): string {
  return JSON.stringify({ jsonrpc: '2.0', id, result });
}

/** A call ends where somebody has to answer: the caller is the one who can. */
function isAtRest(response: StreamResponse): boolean {
  const status = 'task' in response ? response.task.status : 'statusUpdate' in response ? response.statusUpdate.status : undefined;
  return status !== undefined && (isTerminal(status.state) || isInterrupted(status.state));
}

function taskIdOf(response: Exclude<StreamResponse, { message: unknown }>): string {
  if ('task' in response) return response.task.id;
  return 'statusUpdate' in response ? response.statusUpdate.taskId : response.artifactUpdate.taskId;
}

/** What a person would like to see while it works. */
function textOf(response: StreamResponse): string {
  if (!('artifactUpdate' in response)) return '';
  return response.artifactUpdate.artifact.parts
    .map(({ text, data }) => text ?? (isJsonObject(data) && data['type'] === 'tool_use' ? `[${String(data['name'])}]` : ''))
    .join('');
}
