/** GRD-05 */
import type { SanitizerSettings } from '../../config/guardrail-settings.js';

/** Texts of one message, in their order. */
export function sanitizeTexts(texts: readonly string[], settings: SanitizerSettings): readonly string[] {
  const { trimWhitespace, normalizeUnicode, stripHtml, maxLength } = settings;
  const clean = texts.map((text) => {
    const normal = normalizeUnicode ? text.normalize('NFC') : text;
    const bare = stripHtml ? withoutHtml(normal) : normal;
    return trimWhitespace ? bare.trim() : bare;
  });
  return maxLength === 0 ? clean : cutTexts(clean, maxLength);
}

/** As many characters as all of them together may have. */
export function cutTexts(texts: readonly string[], maxLength: number): readonly string[] {
  let left = maxLength;
  return texts.map((text) => {
    // Half a surrogate pair is no character.
    const kept = text.length <= left ? text : text.slice(0, left).replace(/[\ud800-\udbff]$/, '');
    left -= kept.length;
    return kept;
  });
}

/** What removing one tag puts together to another is removed as well. */
function withoutHtml(text: string): string {
  let bare = text;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const next = ELEMENTS.reduce((rest, [begin, end]) => without(rest, begin, end), bare).replaceAll(TAG, '');
    if (next === bare) return bare;
    bare = next;
  }
  return bare.replaceAll(/<(?=[a-z/!?])/gi, '');
}

/** From each beginning to the end that follows, or to the text's own. */
function without(text: string, begin: RegExp, end: string): string {
  let rest = '';
  let at = 0;
  const small = text.toLowerCase().length === text.length ? text.toLowerCase() : text;
  for (const found of text.matchAll(begin)) {
    if (found.index < at) continue;
    rest += text.slice(at, found.index);
    const last = small.indexOf(end, found.index);
    if (last === -1) return rest;
    at = last + end.length;
  }
  return rest + text.slice(at);
}

const ELEMENTS = [
  [/<!--/g, '-->'],
  [/<script(?=[\s/>])/gi, '</script>'],
  [/<style(?=[\s/>])/gi, '</style>'],
] as const;
const TAG = /<[a-z/!?][^<>]*>/gi;
const MAX_ROUNDS = 10;
