/** The agents among which one conversation may be handed over (AGT-20…22): a root of `type: llm` and what its `sub_agents` lead to. */
import type { AgentSettings } from '../../config/settings.js';

type Agents = Readonly<Record<string, Pick<AgentSettings, 'type' | 'subAgents' | 'disallowTransferToParent' | 'disallowTransferToPeers'>>>;

export interface TransferMember {
  /** Key in `agents`. */
  readonly name: string;
  /** From the root down to it, as a dot path. */
  readonly branch: string;
  /** Whom it may hand over to: those below it, the one above it, those beside it. */
  readonly targets: readonly string[];
}

/** The root first. What a workflow runs is its own affair: it is a member, and its sub-agents are not. */
export function findTransferMembers(agents: Agents, root: string): readonly TransferMember[] {
  const above = new Map<string, string | undefined>([[root, undefined]]);
  for (const name of above.keys()) for (const child of transferChildren(agents, name)) if (!above.has(child)) above.set(child, name);
  return [...above].map(([name, parent]) => ({ name, branch: pathTo(name, above), targets: targetsOf(agents, name, parent) }));
}

/** The member whose turn an author's message was: the author, or the workflow that the author works in (AGT-21). */
export function findMemberOf(agents: Agents, members: readonly TransferMember[], author: string): string | undefined {
  if (members.some(({ name }) => name === author)) return author;
  const isBelow = (name: string, seen: Set<string>): boolean =>
    (agents[name]?.subAgents ?? []).some((child) => child === author || (!seen.has(child) && isBelow(child, seen.add(child))));
  return members.find(({ name }) => agents[name]?.type !== 'llm' && isBelow(name, new Set()))?.name;
}

function transferChildren(agents: Agents, name: string): readonly string[] {
  const agent = agents[name];
  return agent?.type === 'llm' ? agent.subAgents : [];
}

function targetsOf(agents: Agents, name: string, parent: string | undefined): readonly string[] {
  const own = agents[name];
  if (own === undefined || own.type !== 'llm') return [];
  const up = parent === undefined || own.disallowTransferToParent ? [] : [parent];
  const beside =
    parent === undefined || own.disallowTransferToPeers ? [] : transferChildren(agents, parent).filter((peer) => peer !== name);
  return [...new Set([...own.subAgents, ...up, ...beside])];
}

function pathTo(name: string, above: ReadonlyMap<string, string | undefined>): string {
  const parent = above.get(name);
  return parent === undefined ? name : `${pathTo(parent, above)}.${name}`;
}
