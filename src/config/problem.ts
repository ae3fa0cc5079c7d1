import { AppError, type FieldProblem } from '../base/errors.js';
import { formatPath, isWithin, type Path } from './path.js';

/** One thing wrong with the configuration, as errors carry it. */
export interface ConfigProblem extends FieldProblem {
  /** Line in the file, from 1; absent where the value came from elsewhere. */
  readonly line?: number;
}

/** One thing wrong, as the stages find it. */
export interface Finding {
  readonly path: Path;
  readonly description: string;
}

export type Locate = (path: Path) => number | undefined;

/** Reports every finding at once (CFG-90). A finding at or below one that an earlier stage made is its echo and left out. */
export function throwFindings(stages: readonly (readonly Finding[])[], locate: Locate, where: string): void {
  const kept: Finding[] = [];
  for (const stage of stages) {
    const earlier = [...kept];
    kept.push(...stage.filter((finding) => !earlier.some((other) => isWithin(finding.path, other.path))));
  }
  if (kept.length === 0) return;
  const problems = kept
    .map((finding): ConfigProblem => {
      const line = locate(finding.path);
      return { field: formatPath(finding.path), description: finding.description, ...(line === undefined ? {} : { line }) };
    })
    .sort((a, b) => (a.line ?? Number.MAX_SAFE_INTEGER) - (b.line ?? Number.MAX_SAFE_INTEGER));
  throw new AppError('CONFIG_INVALID', {
    message: `The configuration is invalid: ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'} in ${where}`,
    problems,
  });
}
