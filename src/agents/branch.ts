/** Where an agent stands below the run's own (AGT-26): names with dots between, `#2` for an agent's second turn in its place. */
import type { StepState } from './agent.js';

export function branchOf({ branch, task }: StepState, name: string): string {
  return branch ?? task.child?.key ?? name;
}

/** The branch of a member's `turn`-th turn, from 1: no two turns of a run share one. */
export function memberBranch(branch: string, member: string, turn: number): string {
  return turn === 1 ? `${branch}.${member}` : `${branch}.${member}#${turn}`;
}

/** The branch of an agent that is not the run's own; `undefined` for that one. */
export function findNestedBranch(state: StepState, name: string): string | undefined {
  const branch = branchOf(state, name);
  return branch.includes('.') ? branch : undefined;
}

/** As clients read it. */
export function toPath(branch: string): string {
  return branch.replaceAll(/#\d+/g, '');
}
