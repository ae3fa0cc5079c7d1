/** The tools that an agent has in one step: its own, and those that its servers offer now (TOOL-42, TOOL-43). Pure. */
import type { Tool } from './contract.js';

export interface OfferedTools {
  /** Key in `tools`. */
  readonly toolset: string;
  readonly tools: readonly Tool[];
}

/**
 * @param own come first and keep their names.
 * @param wanted `agents.<name>.tools`: `undefined` = all. Names a server, or a tool by its own name or as `<server>_<tool>`.
 *
 * A server's tool keeps its name as long as nobody else has it; of those that share one, each is `<server>_<tool>`. What is named in
 * that form has it always.
 */
export function joinToolsets(
  own: readonly Tool[],
  offered: readonly OfferedTools[],
  wanted: readonly string[] | undefined,
): readonly Tool[] {
  const candidates = offered.flatMap(({ toolset, tools }) =>
    tools.flatMap((tool) => {
      const qualified = qualifyName(toolset, tool.name);
      const isQualified = wanted?.includes(qualified) === true && !wanted.includes(toolset) && !wanted.includes(tool.name);
      const isWanted =
        wanted === undefined ||
        isQualified ||
        wanted.includes(toolset) ||
        wanted.includes(tool.name) ||
        isNamedWithin(toolset, tool.name, wanted);
      return isWanted ? [{ tool, qualified, isQualified }] : [];
    }),
  );
  const uses = new Map<string, number>(own.map(({ name }) => [name, 1]));
  for (const { tool, isQualified } of candidates) if (!isQualified) uses.set(tool.name, (uses.get(tool.name) ?? 0) + 1);
  const joined = new Map(own.map((tool) => [tool.name, tool]));
  for (const { tool, qualified, isQualified } of candidates) {
    const name = isQualified || (uses.get(tool.name) ?? 0) > 1 ? qualified : tool.name;
    // Two servers whose names and tools make the same word: the first one has it.
    if (!joined.has(name)) joined.set(name, name === tool.name ? tool : { ...tool, name });
  }
  return [...joined.values()];
}

/** `<server>_<tool>`, in what model providers accept; a name that has the form already stays as it is. */
export function qualifyName(toolset: string, tool: string): string {
  const prefix = `${toolset.replaceAll('.', '_')}_`;
  return tool.startsWith(prefix) ? tool : `${prefix}${tool}`.slice(0, MAX_NAME);
}

/** With `prefix: always`, an agent may still name the tool as its server does. */
function isNamedWithin(toolset: string, name: string, wanted: readonly string[]): boolean {
  const prefix = `${toolset.replaceAll('.', '_')}_`;
  return name.startsWith(prefix) && wanted.includes(name.slice(prefix.length));
}

const MAX_NAME = 64;
