/**
 * Where a list goes on: the place behind which the next page begins, and what was listed. It holds no secret and grants nothing, as whose
 * tasks they are says the caller; so any instance reads what any other wrote, also after a restart. A forged one gives a wrong page of the
 * caller's own tasks.
 */
import { sha256Hex } from '../base/json.js';
import type { TaskListFilter, TaskListPlace } from '../tasks/task-list-store.js';

export interface PageToken extends TaskListPlace {
  /** Tasks of all pages, as counted for the first one. */
  readonly totalSize: number;
}

export function formatPageToken({ statusAt, id, totalSize }: PageToken, filter: TaskListFilter): string {
  const body = Buffer.from(JSON.stringify([VERSION, statusAt, id, totalSize, fingerprint(filter)])).toString('base64url');
  return `${body}.${checksum(body)}`;
}

/** What is wrong with it, if it cannot be used for this list. */
export function parsePageToken(text: string, filter: TaskListFilter): PageToken | 'unreadable' | 'of another list' {
  const [body = '', sum] = text.split('.');
  if (sum !== checksum(body) || text !== `${body}.${sum}`) return 'unreadable';
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(body, 'base64url').toString('utf8'));
  } catch {
    return 'unreadable';
  }
  const [version, statusAt, id, totalSize, of] = Array.isArray(value) ? (value as readonly unknown[]) : [];
  if (version !== VERSION || typeof id !== 'string' || !isInteger(statusAt) || !isCount(totalSize)) return 'unreadable';
  // What no id has would only trouble a database.
  if (!/^[\x21-\x7e]{1,64}$/.test(id)) return 'unreadable';
  return of === fingerprint(filter) ? { statusAt, id, totalSize } : 'of another list';
}

/** Of whatever says which tasks are listed. How many to a page, and what of them, may change between two pages. */
function fingerprint({ agent, owner, tenant, contextId, state, since }: TaskListFilter): string {
  // What is not given stands as null.
  return sha256Hex(JSON.stringify([agent, owner, tenant, contextId, state, since])).slice(0, 16);
}

function checksum(body: string): string {
  return sha256Hex(body).slice(0, 8);
}

function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

/** What the proto's int32 holds. */
function isCount(value: unknown): value is number {
  return isInteger(value) && value >= 0 && value <= 0x7fffffff;
}

const VERSION = 1;
