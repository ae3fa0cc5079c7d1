import { AppError } from '../base/errors.js';
import type { HttpHeaders } from './server.js';

/** A line break in a value would let it forge headers; both adapters refuse it the same way. */
export function checkHeaders(headers: HttpHeaders): void {
  for (const name in headers) {
    if (FORBIDDEN.test(headers[name] as string)) throw new AppError('INTERNAL', { details: { header: name } });
  }
}

export function wantsClose(headers: HttpHeaders): boolean {
  return headers.connection === 'close';
}

/** Statuses that never carry a body (RFC 9110 §6.4.1). */
export function isBodyless(status: number): boolean {
  return status === 204 || status === 304;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the control characters are what is looked for
const FORBIDDEN = /[\u0000-\u0008\u000a-\u001f\u007f]/;
