/** One event of a stream on its way out: its wire shape, its place, and its text, made once for all subscribers. */
import type { StreamResponse } from '../protocol/a2a.js';
import { type Cursor, formatCursor } from '../tasks/task-event.js';
import { RELIABLE_STREAM } from './extensions.js';

export interface StreamFrame {
  /** Where a client that has applied this frame stands (R10). */
  readonly cursor: Cursor;
  readonly epoch: number;
  readonly response: StreamResponse;
  /** Set when every subscriber that shows this item in this way gets the same text. */
  readonly shared?: { readonly item: object; readonly variant: FrameVariant };
}

export type FrameVariant = 'first' | 'append' | 'whole' | 'rest';

/** Texts live as long as their item: while some follower's queue still holds it. */
const texts = new WeakMap<object, Map<string, string>>();

/** The frame's JSON, with the reliable-stream metadata when the client activated that extension. */
export function frameText(frame: StreamFrame, isReliable: boolean): string {
  const { shared } = frame;
  if (shared === undefined) return encode(frame, isReliable);
  let known = texts.get(shared.item);
  if (known === undefined) {
    known = new Map();
    texts.set(shared.item, known);
  }
  // The cursor is part of the key: after a half-covered commit it differs between subscribers.
  const key = `${shared.variant} ${isReliable ? formatCursor(frame.cursor) : ''}`;
  let text = known.get(key);
  if (text === undefined) {
    text = encode(frame, isReliable);
    known.set(key, text);
  }
  return text;
}

function encode(frame: StreamFrame, isReliable: boolean): string {
  return JSON.stringify(isReliable ? withPlace(frame) : frame.response);
}

/** `seq`, `epoch` and `cursor` under the extension's URI (R10). */
function withPlace({ response, cursor, epoch }: StreamFrame): StreamResponse {
  const place = { [RELIABLE_STREAM]: { seq: cursor.seq, epoch, cursor: formatCursor(cursor) } };
  if ('task' in response) return { task: { ...response.task, metadata: { ...response.task.metadata, ...place } } };
  if ('message' in response) return { message: { ...response.message, metadata: { ...response.message.metadata, ...place } } };
  if ('statusUpdate' in response)
    return { statusUpdate: { ...response.statusUpdate, metadata: { ...response.statusUpdate.metadata, ...place } } };
  return { artifactUpdate: { ...response.artifactUpdate, metadata: { ...response.artifactUpdate.metadata, ...place } } };
}
