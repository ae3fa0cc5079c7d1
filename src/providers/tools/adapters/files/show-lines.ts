import { AppError } from '../../../../base/errors.js';

export interface LineRange {
  /** From 1. */
  readonly start: number;
  /** The last one shown; `undefined` or -1: to the end. */
  readonly end: number | undefined;
}

/** Lines as a model reads them. @throws AppError `TOOL_FAILED` when the range is not in the file. */
export function showLines(file: string, text: string, { start, end }: LineRange, numbered: boolean): string {
  const lines = text.split('\n');
  if (lines.length > 1 && lines.at(-1) === '') lines.pop();
  const last = end === undefined || end === -1 ? lines.length : Math.min(end, lines.length);
  if (start > lines.length)
    throw new AppError('TOOL_FAILED', { message: `the range begins at line ${start}, and '${file}' has ${lines.length}` });
  if (last < start)
    throw new AppError('TOOL_FAILED', { message: `the range ends at line ${end}, which is before line ${start}, where it begins` });
  const shown = lines.slice(start - 1, last);
  return shown.map((line, index) => (numbered ? `${String(start + index).padStart(6)}\t${line}` : line).replace(/\r$/, '')).join('\n');
}
