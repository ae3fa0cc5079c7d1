/** What a row says about its tree: a run's place below another one, and how many hang below it. */
import type { ChildOrigin } from '../../../tasks/child-runs.js';
import type { TaskRecord } from '../../../tasks/task-store.js';
import type { RowShape } from '../dialects/dialect.js';
import type { TaskTable } from '../schema.js';
import { hashKey } from './hash-key.js';

/** Set when the row of a child is inserted, behind its `origin`. */
export const PLACE = { parent_id: 'key', root_id: 'key' } as const;

/** Written when they change, which no step of a run without children does. */
export const COUNTS = { children: 'integer', open_children: 'integer', has_temp: 'integer' } as const;

export const FAMILY_CHANGE: RowShape = { table: 'tasks', columns: { id: 'key', ...COUNTS } };

export type Family = Pick<TaskRecord, 'child' | 'children' | 'openChildren' | 'callerRoles'>;

export function readFamily(row: TaskTable): Family {
  if (row.origin === null && row.children === null) return {};
  const { callerRoles, ...origin } = JSON.parse(row.origin ?? '{}') as StoredOrigin;
  return {
    ...(callerRoles === undefined ? {} : { callerRoles }),
    ...(row.parent_id === null || row.root_id === null ? {} : { child: { ...origin, parentId: row.parent_id, rootId: row.root_id } }),
    ...(row.children === null ? {} : { children: row.children, openChildren: row.open_children ?? 0 }),
  };
}

/** Where a run comes from, as its row has it: who began it, and of a child where it hangs. Set when the row is inserted. */
export function toOriginJson({ child, callerRoles }: Family): string | null {
  if (child === undefined && callerRoles === undefined) return null;
  const { parentId: _, rootId: __, ...origin } = child ?? {};
  return JSON.stringify({ ...origin, ...(callerRoles === undefined ? {} : { callerRoles }) });
}

/** In the order of `PLACE`. */
export function toPlace({ child }: Family): readonly unknown[] {
  return [child?.parentId ?? null, child?.rootId ?? null];
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

type StoredOrigin = Omit<ChildOrigin, 'parentId' | 'rootId'> & Pick<TaskRecord, 'callerRoles'>;
