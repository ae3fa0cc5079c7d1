/** The tools that an agent sees. */
import type { Clock } from '../../base/clock.js';
import { AppError } from '../../base/errors.js';
import { createSearchTool } from './adapters/search.js';
import type { Tool } from './contract.js';
import type { PassageSearch } from './passage-search.js';

export interface CreateToolsOptions {
  /** Key of the agent; error messages name `agents.<name>.…`. */
  readonly agent: string;
  /** `agents.<name>.tools`: `undefined` = all, `[]` = none, else those named (CFG-31). */
  readonly tools: readonly string[] | undefined;
  /** Keys in `document_stores` that the agent may read; `search` exists when there is one (RAG-50). */
  readonly documentStores: readonly string[];
  readonly search: PassageSearch;
  /** Tools that code adds (ARC-10); one of them may replace a built-in tool of the same name. */
  readonly extensions?: readonly Tool[];
  readonly clock: Clock;
}

/** @throws AppError `CONFIG_INVALID` for a named tool that the agent cannot have. */
export function createTools({ agent, tools, documentStores, search, extensions = [], clock }: CreateToolsOptions): readonly Tool[] {
  const builtIn = documentStores.length === 0 ? [] : [createSearchTool({ stores: documentStores, search, clock })];
  const available = [...builtIn.filter(({ name }) => !extensions.some((tool) => tool.name === name)), ...extensions];
  if (tools === undefined) return available;
  const problems = tools.flatMap((name, index) =>
    available.some((tool) => tool.name === name) ? [] : [{ field: `agents.${agent}.tools[${index}]`, description: describeMissing(name) }],
  );
  if (problems.length > 0) {
    throw new AppError('CONFIG_INVALID', {
      message: problems.map(({ field, description }) => `${field}: ${description}`).join('\n'),
      problems,
    });
  }
  return available.filter((tool) => tools.includes(tool.name));
}

function describeMissing(name: string): string {
  return name === 'search' ? "'search' needs a document store in the agent's document_stores" : `there is no tool '${name}'`;
}
