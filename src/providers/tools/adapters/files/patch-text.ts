/** Patches as models write them: an old and a new text with the lines around them, or a unified diff of one file. */
import { applyPatch, parsePatch } from 'diff';
import { AppError } from '../../../../base/errors.js';
import { runBounded } from '../../../../base/run-bounded.js';
import { hasWindowsLineEnds, lineOf, replaceText, toLineEnds, withWindowsLineEnds } from './replace-text.js';

const CONTEXT_LINES = 3;

export interface BlockPatch {
  readonly file: string;
  readonly before: string;
  readonly after: string;
  /** TOOL-14: the lines at both ends of the old text stand in the new one, too, and whole lines are meant. */
  readonly validateContext: boolean;
}

/** @throws AppError `TOOL_FAILED` when the place is not found once, or its context is not as wanted. */
export function patchBlock(text: string, { file, before, after, validateContext }: BlockPatch): string {
  if (validateContext) checkContext(text, file, before, after);
  return replaceText(text, before, after, { file, all: false, maxReplacements: 1 }).text;
}

/**
 * With up to three lines of context where the old text has them: what surrounds the change must be given, so that the change cannot
 * land in a place that only looks alike.
 */
function checkContext(text: string, file: string, before: string, after: string): void {
  const [wanted] = toLineEnds(text, before, after);
  const at = text.indexOf(wanted);
  // That it is missing is said by the replacement itself.
  if (at === -1) return;
  const end = at + wanted.length;
  const startsLine = at === 0 || text[at - 1] === '\n';
  const endsLine = end === text.length || wanted.endsWith('\n') || /^\r?\n/.test(text.slice(end, end + 2));
  if (!startsLine || !endsLine)
    throw new AppError('TOOL_FAILED', {
      message: `old_string is part of line ${lineOf(text, at)} of '${file}'; give whole lines, or set context_validation to false`,
    });
  const old = before.split(/\r?\n/);
  const fresh = after.split(/\r?\n/);
  const total = text.split('\n').length;
  const needed = Math.min(CONTEXT_LINES, Math.max(0, total - old.length));
  const kept = countShared(old, fresh) + countShared(old.toReversed(), fresh.toReversed());
  if (needed > 0 && kept === 0)
    throw new AppError('TOOL_FAILED', {
      message: `old_string and new_string share no line at their begin or end; give up to ${CONTEXT_LINES} unchanged lines around the change, or set context_validation to false`,
    });
}

function countShared(one: readonly string[], other: readonly string[]): number {
  const shared = one.findIndex((line, index) => line !== other[index]);
  return Math.min(shared === -1 ? one.length : shared, CONTEXT_LINES);
}

/** A unified diff: every hunk must fit exactly, though it may have moved. @throws AppError `TOOL_FAILED` */
export function patchUnified(text: string, patch: string, file: string, maxHunks: number): string {
  const patched = runBounded(MAX_PATCH_MS, () => patchHunks(text, patch, file, maxHunks), undefined);
  if (patched !== undefined) return patched;
  throw new AppError('TOOL_FAILED', {
    message: `it takes more than ${MAX_PATCH_MS} ms to find where the patch fits in '${file}'; give fewer or smaller hunks`,
  });
}

/** Where lines repeat, looking for the place of a long hunk may take hours. */
const MAX_PATCH_MS = 2_000;

function patchHunks(text: string, patch: string, file: string, maxHunks: number): string {
  const parsed = parseUnified(patch);
  const [only] = parsed;
  if (only === undefined || parsed.length > 1 || only.hunks.length === 0)
    throw new AppError('TOOL_FAILED', {
      message: `the patch changes ${only === undefined || only.hunks.length === 0 ? 'nothing' : `${parsed.length} files`}; wanted hunks (@@ -1,3 +1,3 @@ …) of one file`,
    });
  if (only.hunks.length > maxHunks)
    throw new AppError('TOOL_FAILED', { message: `the patch has ${only.hunks.length} hunks; the limit is ${maxHunks} (max_replacements)` });
  for (const { lines, oldLines } of only.hunks)
    if (!lines.some((line) => line.startsWith(' ') || line.startsWith('-')) && oldLines > 0) throw unfitting(file);
  checkPlaces(text, only.hunks, file);
  const patched = applyPatch(text, only, { fuzzFactor: 0, autoConvertLineEndings: true });
  if (patched === false) throw unfitting(file);
  return hasWindowsLineEnds(text) ? withWindowsLineEnds(patched) : patched;
}

type Hunk = ReturnType<typeof parsePatch>[number]['hunks'][number];

/** A hunk whose line numbers are wrong is moved to where it fits, unless that is several places. */
function checkPlaces(text: string, hunks: readonly Hunk[], file: string): void {
  const lines = text.split(/\r?\n/);
  for (const { lines: own, oldStart } of hunks) {
    const old = own.filter((line) => line.startsWith(' ') || line.startsWith('-')).map((line) => line.slice(1).replace(/\r$/, ''));
    if (old.length === 0) continue;
    const fits = (at: number) => old.every((line, index) => lines[at + index] === line);
    if (fits(oldStart - 1)) continue;
    let places = 0;
    for (let at = 0; at + old.length <= lines.length && places < 2; at++) if (fits(at)) places += 1;
    if (places > 1)
      throw new AppError('TOOL_FAILED', {
        message: `the hunk at line ${oldStart} does not fit there, and fits in several other places of '${file}'; read the file, and correct the line numbers`,
      });
  }
}

function parseUnified(patch: string): ReturnType<typeof parsePatch> {
  try {
    return parsePatch(patch.endsWith('\n') ? patch : `${patch}\n`);
  } catch (error) {
    throw new AppError('TOOL_FAILED', {
      message: `the patch is not a unified diff: ${error instanceof Error ? error.message : String(error)}`,
      cause: error,
    });
  }
}

function unfitting(file: string): AppError {
  return new AppError('TOOL_FAILED', { message: `the patch does not fit '${file}' as it is now; read the file again` });
}
