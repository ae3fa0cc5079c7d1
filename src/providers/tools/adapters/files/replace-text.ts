/** Replacing text in a file as a model asks for it: exactly, and in the file's own line ends. */
import { AppError } from '../../../../base/errors.js';

export interface Replacement {
  readonly text: string;
  readonly count: number;
}

export interface ReplaceOptions {
  readonly file: string;
  /** Default false: the text must be there once. */
  readonly all: boolean;
  readonly maxReplacements: number;
}

/** @throws AppError `TOOL_FAILED` when the text is not there, is there several times (without `all`), or too often. */
export function replaceText(text: string, before: string, after: string, { file, all, maxReplacements }: ReplaceOptions): Replacement {
  if (before === '') throw new AppError('TOOL_FAILED', { message: 'the text to replace is empty' });
  if (before === after) throw new AppError('TOOL_FAILED', { message: 'the text to replace and the new text are the same' });
  const [wanted, replacement] = toLineEnds(text, before, after);
  const places = findPlaces(text, wanted, Math.max(maxReplacements, 1) + 1);
  if (places.length === 0)
    throw new AppError('TOOL_FAILED', {
      message: `the text to replace is not in '${file}'; read the file, and give it exactly, with its spaces`,
    });
  if (!all && places.length > 1) {
    const lines = places.slice(0, 10).map((at) => lineOf(text, at));
    throw new AppError('TOOL_FAILED', {
      message: `the text to replace is in '${file}' more than once (lines ${lines.join(', ')}${places.length > 10 ? ' …' : ''}); give more of the lines around it`,
    });
  }
  if (places.length > maxReplacements)
    throw new AppError('TOOL_FAILED', {
      message: `the text to replace is in '${file}' more than ${maxReplacements} times, which is the limit of one call`,
    });
  return { text: text.split(wanted).join(replacement), count: places.length };
}

/** Models write `\n`; in a file of `\r\n` that means the same. */
export function toLineEnds(text: string, before: string, after: string): readonly [string, string] {
  if (text.includes(before) || !hasWindowsLineEnds(text)) return [before, after];
  return [withWindowsLineEnds(before), withWindowsLineEnds(after)];
}

export function hasWindowsLineEnds(text: string): boolean {
  return text.includes('\r\n') && !/(^|[^\r])\n/.test(text);
}

export function withWindowsLineEnds(text: string): string {
  return text.replaceAll(/\r?\n/g, '\r\n');
}

export function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

function findPlaces(text: string, wanted: string, most: number): readonly number[] {
  const places: number[] = [];
  for (let at = text.indexOf(wanted); at !== -1 && places.length < most; at = text.indexOf(wanted, at + wanted.length)) places.push(at);
  return places;
}
