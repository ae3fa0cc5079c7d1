/** What must hold of trees of runs in each committed state of the database, and at rest. */
import type { TaskState } from '../../../src/protocol/a2a.js';
import { isRunnable, isTerminal } from '../../../src/protocol/task-state.js';
import type { Audit } from './audit.js';
import { BRANCHING_AGENT, describeChildren } from './branching-agent.js';
import type { SharedDatabase } from './shared-database.js';
import type { World } from './world.js';

interface TreeRow {
  readonly id: string;
  readonly agent: string;
  readonly state: TaskState;
  readonly worker: string | null;
  readonly parent_id: string | null;
  readonly origin: string | null;
  readonly children: number | null;
  readonly open_children: number | null;
}

/** J1: who stands counts who works. J2: nobody outlives a parent. Each child is one, under its own key. */
export function checkTrees(audit: Audit, database: SharedDatabase): void {
  const rows = database.look<TreeRow>(ROWS);
  if (!rows.some(({ parent_id }) => parent_id !== null)) return;
  for (const row of rows) {
    const below = rows.filter(({ parent_id }) => parent_id === row.id);
    const what = () => `${JSON.stringify(row)} has ${below.map(({ id, state }) => `${id} ${state}`).join(', ')} below it`;
    audit.assert(below.length === (row.children ?? 0), 'join', what);
    audit.assert(below.filter(({ state }) => isRunnable(state)).length === (row.open_children ?? 0), 'join', what);
    audit.assert(!isTerminal(row.state) || below.every(({ state }) => isTerminal(state)), 'R5', what);
    audit.assert((row.open_children ?? 0) === 0 || row.worker === null, 'R3', () => `somebody has it while its branches work: ${what()}`);
    const keys = new Set(below.map(keyOf));
    audit.assert(keys.size === below.length, 'join', () => `two branches under one key: ${what()}`);
  }
}

/** A run that ended by itself has seen the ends of all its branches. */
export function checkJoins(world: World): void {
  const { audit, database } = world;
  const rows = database.look<TreeRow>(ROWS);
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

function keyOf({ origin }: TreeRow): string {
  return (JSON.parse(origin ?? '{}') as { key: string }).key;
}

const ROWS = 'SELECT id, agent, state, worker, parent_id, origin, children, open_children FROM tasks ORDER BY id';
