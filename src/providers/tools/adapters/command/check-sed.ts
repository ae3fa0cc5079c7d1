/**
 * The script of sed, read as GNU sed reads it: `e` and the flag `e` of `s` run commands, `r`, `w` and their like read and write files
 * that no path check sees. What is not understood is refused, above all where seds differ.
 */
import type { KnownWord } from './read-word.js';
import { refuse } from './refusal.js';

const FLAGS = 'nErsuzb';
/** GNU takes any beginning that is one option's alone. */
const LONG: Readonly<Record<string, 'flag' | 'script' | 'value' | 'suffix' | 'refused'>> = {
  ...Object.fromEntries(['quiet', 'silent', 'regexp-extended', 'null-data', 'zero-terminated'].map((name) => [name, 'flag'] as const)),
  ...Object.fromEntries(
    ['separate', 'sandbox', 'posix', 'debug', 'unbuffered', 'binary', 'help', 'version'].map((name) => [name, 'flag'] as const),
  ),
  'follow-symlinks': 'flag',
  expression: 'script',
  file: 'refused',
  'line-length': 'value',
  'in-place': 'suffix',
};

/** @throws AppError `TOOL_COMMAND_REFUSED` */
export function checkSed(args: readonly KnownWord[]): void {
  const scripts: (KnownWord | undefined)[] = [];
  const operands: KnownWord[] = [];
  for (let index = 0; index < args.length; index++) {
    const word = args[index] as KnownWord;
    const { text } = word;
    if (text === '--') {
      operands.push(...args.slice(index + 1));
      break;
    }
    if (text === undefined || !text.startsWith('-') || text === '-') {
      operands.push(word);
      continue;
    }
    const { kind, attached } = text.startsWith('--') ? readLong(text) : readCluster(text);
    if (kind === 'refused') throw refuse(`'sed ${text.slice(0, 80)}' is not one that is understood here`);
    if (kind === 'flag' || kind === 'suffix') continue;
    if (kind === 'script') scripts.push(attached === undefined ? args[index + 1] : { text: attached, isSingle: true, source: text });
    if (attached === undefined) index += 1;
  }
  if (scripts.length === 0 && operands.length > 0) scripts.push(operands[0]);
  const unknown = scripts.find((script) => script?.text === undefined);
  // A variable in the text of a replacement may bring any command of sed with it.
  if (scripts.length > 0 && scripts.includes(undefined)) throw refuse("what 'sed' does cannot be told: its script is missing");
  if (unknown !== undefined) throw refuse(`what 'sed' does cannot be told: ${unknown.source.slice(0, 80)}`);
  new SedScript(scripts.map((script) => script?.text ?? '').join('\n')).check();
}

interface Option {
  readonly kind: (typeof LONG)[string];
  readonly attached?: string | undefined;
}

function readLong(text: string): Option {
  const [name = '', value] = splitOnce(text.slice(2), '=');
  const fits = Object.hasOwn(LONG, name) ? [name] : Object.keys(LONG).filter((long) => long.startsWith(name));
  return fits.length === 1 ? { kind: LONG[fits[0] as string] ?? 'refused', attached: value } : { kind: 'refused' };
}

function readCluster(text: string): Option {
  for (const [at, letter] of [...text].entries()) {
    if (at === 0 || FLAGS.includes(letter)) continue;
    const rest = text.slice(at + 1);
    if (letter === 'i') return { kind: 'suffix' };
    const kind = letter === 'e' ? 'script' : letter === 'l' ? 'value' : 'refused';
    return { kind, attached: rest === '' ? undefined : rest };
  }
  return { kind: 'flag' };
}

function splitOnce(text: string, mark: string): readonly [string, string | undefined] {
  const at = text.indexOf(mark);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

class SedScript {
  readonly #text: string;
  #at = 0;
  #mark = '';

  constructor(text: string) {
    this.#text = text;
  }

  /** @throws AppError `TOOL_COMMAND_REFUSED` */
  check(): void {
    for (;;) {
      this.#skip(/[\s;]*/y);
      if (this.#at >= this.#text.length) return;
      if (this.#text[this.#at] === '#') this.#skip(/[^\n]*/y);
      else this.#command();
    }
  }

  #command(): void {
    if (this.#address(/\d+(?:~\d+)?|\$/y)) {
      this.#skip(/[ \t]*/y);
      if (this.#skip(/,[ \t]*/y) !== '' && !this.#address(/[+~]?\d+|\$/y)) throw this.#refused();
    }
    this.#skip(/[ \t!]*/y);
    const letter = this.#text[this.#at];
    this.#at += 1;
    switch (letter) {
      case '{':
        return;
      case 's':
        this.#delimiter();
        this.#part({ isExpression: true });
        this.#part({ isExpression: false });
        this.#skip(/[gpiIMm\d]*/y);
        break;
      case 'y':
        this.#delimiter();
        this.#part({ isExpression: false });
        this.#part({ isExpression: false });
        break;
      case 'a':
      case 'i':
      case 'c':
        this.#lines();
        return;
      case 'b':
      case 't':
      case 'T':
      case ':':
        this.#skip(/[ \t]*[\w.-]*/y);
        break;
      case 'q':
      case 'Q':
      case 'l':
      case 'L':
        this.#skip(/[ \t]*\d*/y);
        break;
      default:
        if (letter === undefined || !'}=dDgGhHnNpPxzF'.includes(letter)) throw this.#refused();
    }
    this.#skip(/[ \t]*/y);
    const next = this.#text[this.#at];
    if (next !== undefined && !';\n}#'.includes(next)) throw this.#refused();
  }

  #address(plain: RegExp): boolean {
    const first = this.#text[this.#at];
    if (first !== '/' && first !== '\\') return this.#skip(plain) !== '';
    if (first === '\\') this.#at += 1;
    this.#delimiter();
    this.#part({ isExpression: true });
    this.#skip(/[IM]*/y);
    return true;
  }

  #delimiter(): void {
    this.#mark = this.#text[this.#at] ?? '';
    if (this.#mark === '' || /[\s\\;\w[\]]/.test(this.#mark)) throw this.#refused();
    this.#at += 1;
  }

  /** What stands up to the next delimiter, and that. */
  #part({ isExpression }: { readonly isExpression: boolean }): void {
    for (; ; this.#at++) {
      const letter = this.#text[this.#at];
      if (letter === undefined || letter === '\n') throw this.#refused();
      if (letter === '\\') this.#at += 1;
      else if (letter === this.#mark) break;
      else if (letter === '[' && isExpression) {
        // A delimiter in brackets ends nothing. Brackets that seds may read in two ways are not understood.
        if (this.#skip(/\[\^?(?:\]|(?!\]))(?:\[:\w+:\]|[^\][\\\n]|\\[^\][\n])*\]/y) === '') throw this.#refused();
        this.#at -= 1;
      }
    }
    this.#at += 1;
  }

  /** Text up to the end of a line without a backslash. */
  #lines(): void {
    const found = this.#skip(/(?:\\[\s\S]|[^\\\n])*/y);
    if (/\\\\\n/.test(found) || found.endsWith('\\\\')) throw this.#refused();
  }

  #skip(expression: RegExp): string {
    expression.lastIndex = this.#at;
    const [found = ''] = expression.exec(this.#text) ?? [];
    this.#at += found.length;
    return found;
  }

  #refused() {
    return refuse(`the script of 'sed' may run commands, or read or write files: ${this.#text.slice(0, 80)}`);
  }
}
