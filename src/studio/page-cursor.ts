import { isJsonObject } from '../base/json.js';
import type { TaskRecord } from '../tasks/task-store.js';

/** The place behind which a list goes on. Opaque to clients; stays right while runs come and go, as neither part of it changes. */
export type PagePlace = Pick<TaskRecord, 'createdAt' | 'id'>;

export function formatPageCursor({ createdAt, id }: PagePlace): string {
  return Buffer.from(JSON.stringify({ createdAt, id })).toString('base64url');
}

/** `undefined` for what no answer of ours contained. */
export function parsePageCursor(text: string): PagePlace | undefined {
  if (text.length > MAX_CURSOR_LENGTH) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    // Not JSON, so not ours.
    return undefined;
  }
  if (!isJsonObject(value)) return undefined;
  const { createdAt, id } = value;
  if (typeof createdAt !== 'number' || !Number.isSafeInteger(createdAt) || createdAt < 0) return undefined;
  return typeof id === 'string' && /^[\w.-]{1,64}$/.test(id) ? { createdAt, id } : undefined;
}

const MAX_CURSOR_LENGTH = 512;
