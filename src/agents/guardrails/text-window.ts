/**
 * A text that is shown while it grows (GRD-11): what may still become something that a rule finds is held back.
 *
 * Owns: what has come and was not let out. Does not own: what is committed, which is made of the whole text (`redact-text.ts`).
 * - W1 What was let out is the beginning of what the whole text becomes, however it was cut into pieces.
 * - W2 Nothing that a rule finds is ever let out, nor a part of it.
 * - W3 At most `MAX_HELD` characters wait to be decided. Where more would, and where a rule blocks, the window shuts: nothing more is let out, and the
 *   rest is seen when the whole is committed.
 */
import { MAX_BEFORE } from './detector.js';
import { changesText, decidedUpTo, type Found, renderPieces } from './redact-text.js';
import type { TextRule } from './text-rule.js';

export class TextWindow {
  readonly #rules: readonly TextRule[];
  /** From a few characters before the first that was not let out. */
  #text = '';
  #decided = 0;
  #isShut = false;
  #shown = '';

  constructor(rules: readonly TextRule[]) {
    this.#rules = rules.filter(changesText);
  }

  /** All that was let out so far. */
  get shown(): string {
    return this.#shown;
  }

  /** What may be let out now. */
  push(text: string): string {
    if (this.#isShut) return '';
    this.#text += text;
    const from = this.#decided;
    const found: Found[] = [];
    let open = this.#text.length;
    for (const rule of this.#rules) {
      const { spans, openFrom } = rule.detect(this.#text, { from, isOpen: true });
      if (spans.length > 0 && rule.action === 'block') return this.#shut();
      open = Math.min(open, openFrom);
      found.push(...spans.map((span) => ({ ...span, rule })));
    }
    const to = decidedUpTo(found, wholeCharacters(this.#text, open));
    const out = renderPieces(this.#text, found, { from, to })
      .map((piece) => piece.text)
      .join('');
    const kept = Math.max(0, to - MAX_BEFORE);
    if (this.#text.length - to > MAX_HELD) this.#shut();
    else {
      this.#text = this.#text.slice(kept);
      this.#decided = to - kept;
    }
    this.#shown += out;
    return out;
  }

  #shut(): '' {
    this.#isShut = true;
    this.#text = '';
    return '';
  }
}

/** Half a surrogate pair cannot be sent on its own. */
function wholeCharacters(text: string, end: number): number {
  const isCut =
    end > 0 && end < text.length && /[\ud800-\udbff]/.test(text[end - 1] as string) && /[\udc00-\udfff]/.test(text[end] as string);
  return isCut ? end - 1 : end;
}

/** Characters. */
export const MAX_HELD = 4_096;
