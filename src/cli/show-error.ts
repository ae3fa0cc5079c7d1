import { AppError, describeError, type FieldProblem } from '../base/errors.js';
import { showUnseen } from '../base/unseen.js';
import type { ConfigProblem } from '../config/problem.js';
import { redactText } from '../observe/redact.js';

/** One block for people: what, where, and what to write instead, without secrets (SEC-17). The stack only when debugging. */
export function formatError(error: unknown, options: { readonly debug: boolean }): string {
  const lines = [`error: ${describeError(error)}`];
  if (error instanceof AppError) lines.push(...formatProblems(error.problems));
  if (options.debug && error instanceof Error && error.stack !== undefined) lines.push('', error.stack, ...causes(error));
  // Servers and files have their words in it.
  return `${showUnseen(redactText(lines.join('\n')))}\n`;
}

export function formatProblems(problems: readonly FieldProblem[]): string[] {
  return problems.map((problem) => {
    const { line } = problem as ConfigProblem;
    const place = line === undefined || problem.field.startsWith('line ') ? problem.field : `${problem.field} (line ${line})`;
    return `  ${place}: ${problem.description.replaceAll('\n', '\n    ')}`;
  });
}

function causes(error: Error): string[] {
  const stacks: string[] = [];
  for (let cause = error.cause; cause instanceof Error && stacks.length < 5; cause = cause.cause)
    stacks.push(`caused by: ${cause.stack ?? cause.message}`);
  return stacks;
}
