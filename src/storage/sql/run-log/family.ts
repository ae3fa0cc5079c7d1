/** What a row says about its tree: a run's place below another one, and how many hang below it. */
import type { ChildOrigin } from '../../../tasks/child-runs.js';
import type { TaskRecord } from '../../../tasks/task-store.js';
import type { RowShape } from '../dialects/dialect.js';
import type { TaskTable } from '../schema.js';
import { hashKey } from './hash-key.js';

/** Set when the row is inserted. */
export const PLACE = { parent_id: 'key', root_id: 'key', origin: 'text' } as const;

/** Written when they change, which no step of a run without children does. */
export const COUNTS = { children: 'integer', open_children: 'integer', has_temp: 'integer' } as const;

export const FAMILY_CHANGE: RowShape = { table: 'tasks', columns: { id: 'key', ...COUNTS } };

export type Family = Pick<TaskRecord, 'child' | 'children' | 'openChildren'>;

export function readFamily(row: TaskTable): Family {
  if (row.parent_id === null && row.children === null) return {};
  return {
    ...(row.parent_id === null || row.root_id === null ? {} : { child: toOrigin(row.parent_id, row.root_id, row.origin ?? '{}') }),
    ...(row.children === null ? {} : { children: row.children, openChildren: row.open_children ?? 0 }),
  };
}

/** In the order of `PLACE`. */
export function toPlace({ child }: Family): readonly unknown[] {
  if (child === undefined) return [null, null, null];
  const { parentId, rootId, ...origin } = child;
  return [parentId, rootId, JSON.stringify(origin)];
}

/** In the order of `COUNTS`. */
export function toCounts({ children = 0, openChildren = 0 }: Family, hasTemp: boolean): readonly unknown[] {
  return [children === 0 ? null : children, openChildren === 0 ? null : openChildren, hasTemp ? 1 : null];
}

/** What no client's session has for a key. */
export function childSessionKey(taskId: string): string {
  return hashKey(JSON.stringify(['child', taskId]));
}

/** What no client lists. */
export function childListKey({ rootId }: Pick<ChildOrigin, 'rootId'>): string {
  return hashKey(JSON.stringify(['children', rootId]));
}

function toOrigin(parentId: string, rootId: string, json: string): ChildOrigin {
  return { ...(JSON.parse(json) as Omit<ChildOrigin, 'parentId' | 'rootId'>), parentId, rootId };
}
