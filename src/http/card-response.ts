import type { ServedCard } from '../a2a/binding.js';
import { sha256Hex } from '../base/json.js';
import { jsonResponse } from './error-response.js';
import type { PlainResponse } from './server.js';

/** An agent card with its validators, or 304 to a client that has it (AC3–AC6). */
export function cardResponse(
  { json, changedAtMs, isPrivate, variesByVersion }: ServedCard,
  headers: Readonly<Record<string, string>>,
): PlainResponse {
  const etag = `"${sha256Hex(json).slice(0, 32)}"`;
  const caching = {
    etag,
    'last-modified': new Date(changedAtMs).toUTCString(),
    'cache-control': isPrivate ? 'private, max-age=60' : 'max-age=60',
    ...(variesByVersion === true ? { vary: 'A2A-Version' } : {}),
  };
  if (isKnown(headers, etag, changedAtMs)) return { status: 304, headers: caching, body: '' };
  return jsonResponse(200, json, caching);
}

/** RFC 9110 §13.2.2: the date counts only without a tag. */
function isKnown(headers: Readonly<Record<string, string>>, etag: string, changedAtMs: number): boolean {
  const tags = headers['if-none-match'];
  if (tags !== undefined) return tags.trim() === '*' || [...tags.matchAll(ENTITY_TAG)].some(([tag]) => tag === etag);
  // What is no date gives NaN, and so 200. HTTP dates know no milliseconds.
  return Date.parse(headers['if-modified-since'] ?? '') >= Math.floor(changedAtMs / 1000) * 1000;
}

/** The quoted part of each tag: the comparison is weak, and a tag may hold a comma. */
const ENTITY_TAG = /"[\x21\x23-\x7e\x80-\xff]*"/g;
