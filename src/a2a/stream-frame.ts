/** One event of a stream on its way out: its wire shape, its place, and its wire form, made once for all subscribers. */
import type { StreamResponse } from '../protocol/a2a.js';
import { type Cursor, formatCursor } from '../tasks/task-event.js';
import { RELIABLE_STREAM } from './extensions.js';

export interface StreamFrame {
  /** Where a client that has applied this frame stands (R10). */
  readonly cursor: Cursor;
  readonly epoch: number;
  readonly response: StreamResponse;
  /** Set when every subscriber that shows this item in this way gets the same. */
  readonly shared?: { readonly item: object; readonly variant: FrameVariant };
}

export type FrameVariant = 'first' | 'append' | 'whole' | 'rest';

export type FrameEncoder<Encoded> = (frame: StreamFrame, isReliable: boolean) => Encoded;

/**
 * Gives each frame's wire form, with the reliable-stream metadata when the client activated that extension. Forms are kept as
 * long as their item: while some follower's queue still holds it.
 */
export function createFrameEncoder<Encoded>(encode: (response: StreamResponse) => Encoded): FrameEncoder<Encoded> {
  const kept = new WeakMap<object, Map<string, Encoded>>();
  /** Most subscribers share the frame itself. */
  const plain = new WeakMap<StreamFrame, Encoded>();
  const reliable = new WeakMap<StreamFrame, Encoded>();
  return (frame, isReliable) => {
    const make = () => encode(isReliable ? withPlace(frame) : frame.response);
    const { shared } = frame;
    if (shared === undefined) return make();
    const frames = isReliable ? reliable : plain;
    const known = frames.get(frame);
    if (known !== undefined) return known;
    const forms = kept.get(shared.item) ?? new Map<string, Encoded>();
    kept.set(shared.item, forms);
    // The cursor is part of the key: after a half-covered commit it differs between subscribers.
    const key = `${shared.variant} ${isReliable ? formatCursor(frame.cursor) : ''}`;
    const encoded = forms.get(key) ?? make();
    forms.set(key, encoded);
    frames.set(frame, encoded);
    return encoded;
  };
}

/** The frame's JSON. */
export const frameText: FrameEncoder<string> = createFrameEncoder((response) => JSON.stringify(response));

/** `seq`, `epoch` and `cursor` under the extension's URI (R10). */
function withPlace({ response, cursor, epoch }: StreamFrame): StreamResponse {
  const place = { [RELIABLE_STREAM]: { seq: cursor.seq, epoch, cursor: formatCursor(cursor) } };
  if ('task' in response) return { task: { ...response.task, metadata: { ...response.task.metadata, ...place } } };
  if ('message' in response) return { message: { ...response.message, metadata: { ...response.message.metadata, ...place } } };
  if ('statusUpdate' in response)
    return { statusUpdate: { ...response.statusUpdate, metadata: { ...response.statusUpdate.metadata, ...place } } };
  return { artifactUpdate: { ...response.artifactUpdate, metadata: { ...response.artifactUpdate.metadata, ...place } } };
}
