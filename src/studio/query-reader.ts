/** Reads a query value by value; every problem is collected. */
import { Problems } from '../protocol/field-reader.js';
import { findUnknown } from './read-members.js';

export class QueryReader {
  readonly problems = new Problems();
  readonly #query: URLSearchParams;

  constructor(query: URLSearchParams, known: readonly string[]) {
    this.#query = query;
    findUnknown([...new Set(query.keys())], known, this.problems);
  }

  text(name: string): string | undefined {
    const values = this.#query.getAll(name);
    if (values.length > 1) this.problems.add(name, `must be given once, not ${values.length} times`);
    return values[0];
  }

  integer(name: string, { minimum, maximum }: { readonly minimum: number; readonly maximum: number }): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = /^\d{1,9}$/.test(text) ? Number(text) : -1;
    if (value >= minimum && value <= maximum) return value;
    this.problems.add(name, `must be an integer from ${minimum} to ${maximum}, not '${text.slice(0, 40)}'`);
    return undefined;
  }

  flag(name: string): boolean {
    const text = this.text(name);
    if (text !== undefined && text !== 'true' && text !== 'false')
      this.problems.add(name, `must be true or false, not '${text.slice(0, 40)}'`);
    return text === 'true';
  }

  /** Epoch milliseconds. */
  time(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = TIME.test(text) ? Date.parse(text) : Number.NaN;
    if (!Number.isNaN(value)) return value;
    this.problems.add(name, `must be a time such as 2026-01-31T12:00:00Z, not '${text.slice(0, 40)}'`);
    return undefined;
  }

  /** Read by `parse`, which gives `undefined` for what no answer of ours contained. */
  cursor<T>(parse: (text: string) => T | undefined): T | undefined {
    const text = this.text('cursor');
    if (text === undefined) return undefined;
    const place = text.length > MAX_CURSOR_LENGTH ? undefined : parse(text);
    if (place === undefined) this.problems.add('cursor', 'must be the next_cursor of an earlier answer; leave it out for the first page');
    return place;
  }
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;
const MAX_CURSOR_LENGTH = 128;
