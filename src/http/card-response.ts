import type { ServedCard } from '../a2a/binding.js';
import { sha256Hex } from '../base/json.js';
import { jsonResponse } from './error-response.js';
import type { PlainResponse } from './server.js';

/** An agent card with its validators, or 304 to a client that has it (AC3–AC6). */
export function cardResponse(card: ServedCard, headers: Readonly<Record<string, string>>): PlainResponse {
  let answers = ANSWERS.get(card);
  if (answers === undefined) {
    answers = answersOf(card);
    ANSWERS.set(card, answers);
  }
  const { whole, unchanged } = answers;
  return isKnown(headers, whole.headers['etag'] as string, card.changedAtMs) ? unchanged : whole;
}

interface CardAnswers {
  readonly whole: PlainResponse;
  readonly unchanged: PlainResponse;
}

/** As long as the card is the same. */
const ANSWERS = new WeakMap<ServedCard, CardAnswers>();

function answersOf({ json, changedAtMs, isPrivate, variesByVersion }: ServedCard): CardAnswers {
  const caching = {
    etag: `"${sha256Hex(json).slice(0, 32)}"`,
    'last-modified': new Date(changedAtMs).toUTCString(),
    'cache-control': isPrivate ? 'private, max-age=60' : 'max-age=60',
    ...(variesByVersion === true ? { vary: 'A2A-Version' } : {}),
  };
  return { whole: jsonResponse(200, json, caching), unchanged: { status: 304, headers: caching, body: '' } };
}

/** RFC 9110 §13.2.2: the date counts only without a tag. */
function isKnown(headers: Readonly<Record<string, string>>, etag: string, changedAtMs: number): boolean {
  const tags = headers['if-none-match'];
  if (tags !== undefined) return tags.trim() === '*' || [...tags.matchAll(ENTITY_TAG)].some(([tag]) => tag === etag);
  if (headers['if-modified-since'] === undefined) return false;
  // What is no date gives NaN, and so 200. HTTP dates know no milliseconds.
  return Date.parse(headers['if-modified-since']) >= Math.floor(changedAtMs / 1000) * 1000;
}

/** The quoted part of each tag: the comparison is weak, and a tag may hold a comma. */
const ENTITY_TAG = /"[\x21\x23-\x7e\x80-\xff]*"/g;
