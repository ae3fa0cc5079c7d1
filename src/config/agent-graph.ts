/** How agents refer to each other: who hands over to whom, and who calls whom as a tool (AGT-29). */

export interface AgentNode {
  readonly subAgents: readonly string[];
  readonly agentTools: readonly string[];
}

export type AgentGraph = Readonly<Record<string, AgentNode>>;

/** All agents, in the order of their names: nothing depends on the order of the file (AGT-34). */
export function listAgents(agents: AgentGraph): readonly string[] {
  return Object.keys(agents).sort();
}

/** Those that `root` reaches by `sub_agents`, itself first, each once, in the order of the lists. */
export function walkAgents(agents: AgentGraph, root: string): readonly string[] {
  const found = new Set<string>();
  const visit = (name: string) => {
    if (found.has(name) || !Object.hasOwn(agents, name)) return;
    found.add(name);
    for (const member of agents[name]?.subAgents ?? []) visit(member);
  };
  visit(root);
  return [...found];
}

/** From `root` down to `name` by `sub_agents`, both included, the shortest way; `undefined`: there is none. */
export function findAgentPath(agents: AgentGraph, root: string, name: string): readonly string[] | undefined {
  const seen = new Set([root]);
  let level: readonly (readonly string[])[] = Object.hasOwn(agents, root) ? [[root]] : [];
  while (level.length > 0) {
    const found = level.find((path) => path.at(-1) === name);
    if (found !== undefined) return found;
    level = level.flatMap((path) =>
      (agents[path.at(-1) as string]?.subAgents ?? [])
        .filter((member) => Object.hasOwn(agents, member) && !seen.has(member) && seen.add(member) !== undefined)
        .map((member) => [...path, member]),
    );
  }
  return undefined;
}

/** Those that reach `name` by `sub_agents`, from the top of the tree, each once. */
export function listAgentsAbove(agents: AgentGraph, name: string): readonly string[] {
  const found = new Set<string>();
  let level: readonly string[] = [name];
  while (level.length > 0) {
    const parents = listAgents(agents).filter((key) => agents[key]?.subAgents.some((member) => level.includes(member)));
    level = parents.filter((key) => key !== name && !found.has(key));
    for (const key of level) found.add(key);
  }
  return [...found].reverse();
}

/** The first circle of references, from its first agent back to it; `undefined`: there is none (AGT-35). */
export function findCycle(agents: AgentGraph): readonly string[] | undefined {
  const done = new Set<string>();
  const follow = (name: string, path: readonly string[]): readonly string[] | undefined => {
    const start = path.indexOf(name);
    if (start !== -1) return [...path.slice(start), name];
    if (done.has(name)) return undefined;
    const node = Object.hasOwn(agents, name) ? agents[name] : undefined;
    for (const next of [...(node?.subAgents ?? []), ...(node?.agentTools ?? [])]) {
      const cycle = follow(next, [...path, name]);
      if (cycle !== undefined) return cycle;
    }
    done.add(name);
    return undefined;
  };
  for (const name of Object.keys(agents)) {
    const cycle = follow(name, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
