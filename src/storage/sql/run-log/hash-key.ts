import { hash } from 'node:crypto';

/** A text of any length as a `key`. */
export function hashKey(text: string): string {
  return hash('sha256', text, 'base64url');
}
