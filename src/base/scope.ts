/**
 * What is known to all that happens within a piece of work, however deep below and however late.
 *
 * Owns: the only `AsyncLocalStorage` of the process. Once one has been used, it costs at every promise that anybody makes, and each further
 * one costs again; so all that is known this way is in one.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

export interface Scope<T> {
  /** `value` is what `find` gives to `run`, and to all that it begins. */
  within<R>(value: T, run: () => R): R;
  /** `undefined` outside. */
  find(): T | undefined;
}

const values = new AsyncLocalStorage<readonly unknown[]>();
let created = 0;

/** One for each kind of thing that is known, made once and never ended. */
export function createScope<T>(): Scope<T> {
  const at = created++;
  return {
    within(value, run) {
      const inner = values.getStore()?.slice() ?? [];
      inner[at] = value;
      return values.run(inner, run);
    },
    find: () => values.getStore()?.[at] as T | undefined,
  };
}
