import { sha256Hex } from '../base/json.js';
import { jsonResponse } from './error-response.js';
import type { PlainResponse } from './server.js';

/** An agent card with its validators (AC3, AC4, AC6). */
export function cardResponse(card: string, headers: Readonly<Record<string, string>>): PlainResponse {
  const etag = `"${sha256Hex(card).slice(0, 32)}"`;
  const caching = { etag, 'cache-control': 'max-age=60' };
  if (matches(headers['if-none-match'] ?? '', etag)) return { status: 304, headers: caching, body: '' };
  return jsonResponse(200, card, caching);
}

/** Weak comparison (RFC 9110 §13.1.2). */
function matches(ifNoneMatch: string, etag: string): boolean {
  return ifNoneMatch.split(',').some((item) => item.trim() === '*' || item.trim().replace(/^W\//, '') === etag);
}
