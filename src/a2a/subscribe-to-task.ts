/** SubscribeToTask, from the present or from a cursor (T7–T9, R10). */
import { AppError } from '../base/errors.js';
import { isJsonObject } from '../base/json.js';
import { readSubscribeToTaskRequest, type SubscribeToTaskInput } from '../protocol/read-requests.js';
import { isTerminal } from '../protocol/task-state.js';
import { type Cursor, parseCursor } from '../tasks/task-event.js';
import { RELIABLE_STREAM } from './extensions.js';
import type { OperationCall, OperationDependencies } from './operation-call.js';
import { getTaskRecord } from './read-task.js';
import { assertStreaming } from './send-message.js';
import { type FrameStream, openFromCursor, openFromTask } from './task-stream.js';

/** A subscription stays open until the task ends (T9, A15.3). */
const OPTIONS = { closeOnInputRequired: false } as const;

export async function subscribeToTask(dependencies: OperationDependencies, params: unknown, call: OperationCall): Promise<FrameStream> {
  assertStreaming(call);
  const request = readSubscribeToTaskRequest(params);
  const cursor = findCursor(request, call);
  const record = await getTaskRecord(dependencies.store, request.id, call);
  // T8; yet what a client has missed of an ended task it still gets: the stream broke, the task went on.
  if (isTerminal(record.state) && (cursor === undefined || (cursor.order === 0 && cursor.seq >= record.seq))) {
    throw new AppError('OPERATION_UNSUPPORTED', { message: `Task '${record.id}' has ended (${record.state}); read it with GetTask` });
  }
  if (cursor === undefined) return openFromTask(dependencies, record, call.signal, OPTIONS);
  return openFromCursor(dependencies, record, cursor, call.signal, OPTIONS);
}

/** The header that browsers send, or the extension's own parameter for clients that cannot set it. */
function findCursor(request: SubscribeToTaskInput, call: OperationCall): Cursor | undefined {
  const parameter = call.extensions.has(RELIABLE_STREAM) ? request.metadata?.[RELIABLE_STREAM] : undefined;
  const fromParameter = isJsonObject(parameter) ? parameter.cursor : undefined;
  const text = fromParameter ?? call.lastEventId;
  if (text === undefined || text === '') return undefined;
  const cursor = typeof text === 'string' ? parseCursor(text) : undefined;
  if (cursor !== undefined) return cursor;
  const field = fromParameter === undefined ? 'Last-Event-ID' : `metadata.${RELIABLE_STREAM}.cursor`;
  const description = 'must be the id of an event of this task, such as 7 or 7.1048579';
  throw new AppError('PARAMS_INVALID', { message: `Invalid parameters: ${field}: ${description}`, problems: [{ field, description }] });
}
