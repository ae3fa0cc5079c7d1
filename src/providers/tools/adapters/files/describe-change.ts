import { createTwoFilesPatch } from 'diff';

/** A unified diff of the change, for whoever reads the result; long ones are cut. */
export function describeChange(file: string, before: string, after: string): string {
  if (before.length + after.length > MAX_COMPARED) return '(too large to compare)';
  const patch = createTwoFilesPatch(file, file, before, after, undefined, undefined, { context: 3, timeout: MAX_COMPARE_MS });
  if (patch === undefined) return '(too different to compare in time)';
  const text = patch.slice(patch.indexOf('--- '));
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}\n… (${text.length - MAX_SHOWN} more characters)` : text;
}

const MAX_COMPARED = 2_000_000;
const MAX_COMPARE_MS = 500;
const MAX_SHOWN = 20_000;
