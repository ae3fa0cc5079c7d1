/** What must hold of joins at rest. */
import { BRANCHING_AGENT, describeChildren } from './branching-agent.js';
import { keyOf, readTrees } from './tree-audit.js';
import type { World } from './world.js';

/** A run that ended by itself has seen the ends of all its branches. */
export function checkJoins(world: World): void {
  const { audit, database } = world;
  const rows = readTrees(database);
  for (const { id, agent, state, parent_id } of rows) {
    if (parent_id !== null) {
      world.count('branches');
      if (audit.eventsOf(id).some(({ type }) => type === 'message.added')) world.count('branch-answers');
    }
    if (agent !== BRANCHING_AGENT || state !== 'TASK_STATE_COMPLETED') continue;
    world.count('joins');
    const children = rows.filter(({ parent_id }) => parent_id === id).map((row) => ({ key: keyOf(row), state: row.state }));
    const end = audit.eventsOf(id).at(-1);
    const told = end?.type === 'status.changed' ? end.status.message?.parts[0]?.text : undefined;
    const ends = describeChildren(children.sort((a, b) => (a.key < b.key ? -1 : 1)));
    audit.assert(told === ends, 'join', () => `${id} joined '${told}', and its branches ended so: '${ends}'`);
  }
}
