/** What must hold of trees of runs in each committed state of the database. */
import type { TaskState } from '../../../src/protocol/a2a.js';
import { isRunnable, isTerminal } from '../../../src/protocol/task-state.js';
import type { SharedDatabase } from './shared-database.js';

export interface TreeRow {
  readonly id: string;
  readonly agent: string;
  readonly state: TaskState;
  readonly worker: string | null;
  readonly parent_id: string | null;
  readonly origin: string | null;
  readonly children: number | null;
  readonly open_children: number | null;
}

interface Assertions {
  assert(condition: boolean, invariant: string, message: () => string): void;
}

export function readTrees(database: SharedDatabase): readonly TreeRow[] {
  return database.look<TreeRow>(ROWS);
}

/** J1: who stands counts who works. J2: nobody outlives a parent. Each child is one, under its own key. */
export function checkTrees(audit: Assertions, database: SharedDatabase): void {
  const rows = readTrees(database);
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

export function keyOf({ origin }: TreeRow): string {
  return (JSON.parse(origin ?? '{}') as { key: string }).key;
}

const ROWS = 'SELECT id, agent, state, worker, parent_id, origin, children, open_children FROM tasks ORDER BY id';
