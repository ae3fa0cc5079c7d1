import { Problems } from '../protocol/field-reader.js';
import { type PagePlace, parsePageCursor } from './page-cursor.js';
import { findUnknown } from './read-members.js';

const STATUSES = ['queued', 'running', 'waiting', 'held', 'interrupted'] as const;

export interface ListQuery {
  /** `undefined`: all. */
  readonly status: (typeof STATUSES)[number] | undefined;
  readonly limit: number;
  readonly after: PagePlace | undefined;
}

/** @throws AppError `PARAMS_INVALID` with every problem. */
export function readListQuery(query: URLSearchParams): ListQuery {
  const problems = new Problems();
  findUnknown([...new Set(query.keys())], ['status', 'limit', 'cursor'], problems);
  const read = (name: string): string | undefined => {
    const values = query.getAll(name);
    if (values.length > 1) problems.add(name, `must be given once, not ${values.length} times`);
    return values[0];
  };
  const statusText = read('status');
  const status = STATUSES.find((name) => name === statusText);
  if (statusText !== undefined && status === undefined)
    problems.add('status', `must be one of ${STATUSES.join(', ')}, not '${statusText.slice(0, 40)}'`);
  const limitText = read('limit') ?? String(DEFAULT_LIMIT);
  const limit = /^\d{1,6}$/.test(limitText) ? Number(limitText) : 0;
  if (limit < 1 || limit > MAX_LIMIT) problems.add('limit', `must be an integer from 1 to ${MAX_LIMIT}, not '${limitText.slice(0, 40)}'`);
  const cursor = read('cursor');
  const after = cursor === undefined ? undefined : parsePageCursor(cursor);
  if (cursor !== undefined && after === undefined)
    problems.add('cursor', 'must be the next_cursor of an earlier answer; leave it out for the first page');
  problems.throwIfAny();
  return { status, limit, after };
}

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 500;
