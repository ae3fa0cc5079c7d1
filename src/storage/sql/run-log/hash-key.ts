import { createHash } from 'node:crypto';

/** A text of any length as a `key`. */
export function hashKey(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
