/** HTML → readable text: one pass over the source, tags dropped, blocks on their own lines, source lines kept. */
import type { Landmark } from '../landmark.js';
import type { ExtractedText } from './extracted-text.js';
import { decodeEntities } from './html-entities.js';

export function extractHtml(source: string): ExtractedText {
  const output = new HtmlLines();
  let title = '';
  let heading = '';
  let firstHeading = '';
  let headingLevel = 0;
  let preDepth = 0;
  let line = 1;
  let lineEnd = source.indexOf('\n');
  let at = 0;
  /** Consumes up to `end`, counting lines; each line end is looked for once. */
  const moveTo = (end: number) => {
    for (; lineEnd !== -1 && lineEnd < end; lineEnd = source.indexOf('\n', lineEnd + 1)) line += 1;
    at = end;
  };
  while (at < source.length) {
    if (source[at] !== '<' || !/[a-zA-Z/!?]/.test(source[at + 1] ?? '')) {
      const next = source.indexOf('<', at + 1);
      const end = next === -1 ? source.length : next;
      const text = decodeEntities(source.slice(at, end));
      output.text(text, line, preDepth > 0);
      if (headingLevel > 0) heading += text;
      moveTo(end);
      continue;
    }
    if (source.startsWith('<!--', at)) {
      moveTo(endOf(source, '-->', at + 4));
      continue;
    }
    const tag = TAG.exec(source.slice(at, at + MAX_TAG));
    if (tag === null) {
      moveTo(endOf(source, '>', at));
      continue;
    }
    const closing = tag[1] === '/';
    const name = (tag[2] as string).toLowerCase();
    moveTo(at + tag[0].length);
    if (!closing && (DROPPED.has(name) || name === 'title') && !tag[0].endsWith('/>')) {
      const end = closingTag(source, name, at);
      if (name === 'title' && title === '') title = collapse(decodeEntities(source.slice(at, end)));
      moveTo(end);
      continue;
    }
    if (name === 'pre') preDepth = Math.max(0, preDepth + (closing ? -1 : 1));
    if (BLOCKS.has(name)) output.breakLine(!INLINE_BREAKS.has(name));
    const level = Number(/^h([1-6])$/.exec(name)?.[1] ?? 0);
    if (headingLevel > 0 && (level > 0 || (BLOCKS.has(name) && heading.trim() !== ''))) {
      output.heading(headingLevel, collapse(heading));
      if (headingLevel === 1) firstHeading ||= collapse(heading);
      headingLevel = 0;
    }
    if (level > 0 && !closing) {
      headingLevel = level;
      heading = '';
      output.beginHeading();
    } else if (name === 'td' || name === 'th') output.text(' ', line, false);
    if (name === 'li' && !closing) output.text('- ', line, false);
  }
  if (headingLevel > 0) output.heading(headingLevel, collapse(heading));
  if (headingLevel === 1) firstHeading ||= collapse(heading);
  return { ...output.finish(), title: title || firstHeading };
}

/** Collects lines and remembers on which source line each of them began. */
class HtmlLines {
  readonly #lines: string[] = [];
  readonly #sourceLines: number[] = [];
  readonly #landmarks: Landmark[] = [];
  #length = 0;
  #headingAt = 0;
  #current = '';
  #currentLine = 1;
  /** Asking the growing line itself would copy it every time. */
  #endsWithSpace = false;

  text(text: string, line: number, verbatim: boolean): void {
    if (verbatim) {
      text.split('\n').forEach((part, index) => {
        if (index > 0) this.breakLine(false, true);
        if (this.#current === '') this.#currentLine = line + index;
        this.#current += part;
        this.#endsWithSpace = false;
      });
      return;
    }
    const lead = text.length - text.trimStart().length;
    if (this.#current === '') {
      // The line begins where its first word stands.
      this.#currentLine = line + text.slice(0, lead).split('\n').length - 1;
    }
    const collapsed = text.replace(/\s+/g, ' ');
    const added = this.#current === '' || this.#endsWithSpace ? collapsed.trimStart() : collapsed;
    if (added === '') return;
    this.#current += added;
    this.#endsWithSpace = added.endsWith(' ');
  }

  /** Ends the line; a paragraph also leaves one empty line behind it. */
  breakLine(paragraph: boolean, keepEmpty = false): void {
    const line = this.#current.trimEnd();
    if (line !== '' || keepEmpty) this.#push(line);
    if (paragraph && this.#lines.length > 0 && this.#lines.at(-1) !== '') this.#push('');
    this.#current = '';
  }

  /** The next line is a heading's. */
  beginHeading(): void {
    this.#headingAt = this.#length;
  }

  heading(level: number, name: string): void {
    if (name !== '') this.#landmarks.push({ type: 'heading', at: this.#headingAt, level, name });
  }

  finish(): Pick<ExtractedText, 'text' | 'sourceLines' | 'landmarks'> {
    this.breakLine(false);
    const landmarks = this.#landmarks;
    return { text: this.#lines.join('\n'), sourceLines: this.#sourceLines, ...(landmarks.length === 0 ? {} : { landmarks }) };
  }

  #push(line: string): void {
    this.#lines.push(line);
    this.#length += line.length + 1;
    this.#sourceLines.push(this.#currentLine);
  }
}

function endOf(source: string, mark: string, from: number): number {
  const found = source.indexOf(mark, from);
  return found === -1 ? source.length : found + mark.length;
}

/** Position of `</name`, without copying or lower-casing the rest of the file. */
function closingTag(source: string, name: string, from: number): number {
  const pattern = new RegExp(`</${name}(?=[\\s/>])`, 'gi');
  pattern.lastIndex = from;
  return pattern.exec(source)?.index ?? source.length;
}

function collapse(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

const TAG = /^<(\/?)([a-zA-Z][^\s/>"']{0,100})(?:[^>"']|"[^"]*"|'[^']*')*>/;
/** A longer tag is skipped to its `>`; bounds the work per tag. */
const MAX_TAG = 65_536;
const DROPPED: ReadonlySet<string> = new Set([
  'script',
  'style',
  'noscript',
  'template',
  'svg',
  'iframe',
  'object',
  'canvas',
  'textarea',
  'select',
]);
const INLINE_BREAKS: ReadonlySet<string> = new Set(['br', 'li', 'tr', 'dt', 'dd', 'option']);
const BLOCKS: ReadonlySet<string> = new Set(
  'address article aside blockquote body br caption dd details dialog div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hr html li main nav ol p pre section summary table tbody tfoot thead tr ul'.split(
    ' ',
  ),
);
