/** What the index of task lists is made of. */
import type { TaskEventBody } from '../../../tasks/task-event.js';
import type { TaskRecord } from '../../../tasks/task-store.js';
import { hashKey } from './hash-key.js';

/** One key for whoever may list a task; its parts may be longer than an index key, and compare byte by byte. */
export function listKeyOf({ agent, owner, tenant }: Pick<TaskRecord, 'agent' | 'owner' | 'tenant'>): string {
  return hashKey(JSON.stringify([agent, owner, tenant]));
}

/** Whose sessions. */
export function ownerKeyOf(owner: string): string {
  return hashKey(JSON.stringify(['owner', owner]));
}

/** When the status that an event brings began, as clients read it in `timestamp`; `undefined` for events that bring none. */
export function statusTimeOf(body: TaskEventBody, at: number): number | undefined {
  if (body.type === 'task.created') return at;
  if (body.type !== 'status.changed') return undefined;
  const told = Date.parse(body.status.timestamp ?? '');
  return Number.isNaN(told) ? at : told;
}
