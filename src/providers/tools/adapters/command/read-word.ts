/** A shell word as far as it can be told before the shell runs. */
import type { CommandArgument, DoubleQuotedChild, Word, WordPart } from 'unbash';

export interface KnownWord {
  /** What it becomes; `undefined` = that cannot be told. */
  readonly text: string | undefined;
  /** It becomes one word, whatever it is. */
  readonly isSingle: boolean;
  /** As it was written. */
  readonly source: string;
}

export function readWord(word: Word): KnownWord {
  const { parts } = word;
  if (parts === undefined) return { text: word.value, isSingle: true, source: word.text };
  const texts = parts.map(textOf);
  const isKnown = texts.every((text) => text !== undefined);
  return { text: isKnown ? texts.join('') : undefined, isSingle: parts.every(isSinglePart), source: word.text };
}

/** `NAME=value` behind a command is a word like any other for most commands. */
export function readArgument(argument: CommandArgument): KnownWord {
  if (argument.type === 'Word') return readWord(argument);
  if (argument.value.type === 'ArrayValue' || argument.index !== undefined)
    return { text: undefined, isSingle: false, source: argument.text };
  const value = readWord(argument.value);
  const head = `${argument.name}${argument.append === true ? '+' : ''}=`;
  return { text: value.text === undefined ? undefined : head + value.text, isSingle: value.isSingle, source: argument.text };
}

function textOf(part: WordPart | DoubleQuotedChild): string | undefined {
  switch (part.type) {
    case 'Literal':
    case 'SingleQuoted':
    case 'AnsiCQuoted':
      return part.value;
    case 'DoubleQuoted':
    case 'LocaleString': {
      const texts = part.parts.map(textOf);
      return texts.every((text) => text !== undefined) ? texts.join('') : undefined;
    }
    default:
      return undefined;
  }
}

/** An expansion in double quotes stays one word, but for all positional parameters and all elements of an array. */
function isSinglePart(part: WordPart): boolean {
  if (part.type === 'DoubleQuoted' || part.type === 'LocaleString')
    return part.parts.every((child) => !/@|\*/.test(child.type === 'Literal' ? '' : child.text));
  return textOf(part) !== undefined;
}
