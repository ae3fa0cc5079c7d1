/**
 * What is known to all that happens within a piece of work, however deep below and however late.
 *
 * Owns: what the job under way knows, and the only `AsyncLocalStorage` of the process.
 * - Promises carry it: whatever is awaited, and whatever a `then` leads to, knows what was known where the promise was made. That costs the
 *   process a call at each promise, from the first use on; the storage of Node 20 costs it several times as much.
 * - Callbacks of timers, emitters and the like know nothing, unless `bindScope` gave it to them.
 * - In code of others (`withinForeignCode`), that may leave work to any callback, the storage carries it besides, everywhere.
 * - Nothing is left over: a job begins with what its promise knows, and ends with nothing.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { promiseHooks } from 'node:v8';

export interface Scope<T> {
  /** `value` is what `find` gives to `run`, and to all that it begins. */
  within<R>(value: T, run: () => R): R;
  /** `undefined` outside. */
  find(): T | undefined;
}

/** One for each kind of thing that is known, made once and never ended. */
export function createScope<T>(): Scope<T> {
  const at = created++;
  return {
    within(value, run) {
      const inner = findValues()?.slice() ?? [];
      inner[at] = value;
      return knowing(inner, run);
    },
    find: () => findValues()?.[at] as T | undefined,
  };
}

/** A callback that knows what is known here, whoever calls it. */
export function bindScope<A extends unknown[], R>(run: (...given: A) => R): (...given: A) => R {
  const values = findValues();
  return values === undefined ? run : (...given) => knowing(values, () => run(...given));
}

/** Timers, emitters and streams of this code know what it knows. From the first one on, the process pays for that at every promise. */
export function withinForeignCode<R>(run: () => R): R {
  return current === undefined ? run() : everywhere.run(current, run);
}

type Values = readonly unknown[];

let created = 0;
/** Of the job under way; another one never sees it, as none begins before it is over or waits. */
let current: Values | undefined;
let isFollowing = false;
const everywhere = new AsyncLocalStorage<Values>();
const known = Symbol('known');

function findValues(): Values | undefined {
  return current ?? everywhere.getStore();
}

function knowing<R>(values: Values, run: () => R): R {
  if (!isFollowing) followPromises();
  const isEverywhere = everywhere.getStore() !== undefined;
  const outer = current;
  current = values;
  try {
    return isEverywhere ? everywhere.run(values, run) : run();
  } finally {
    current = outer;
  }
}

/** Each wait is a promise of its own, made where the wait begins; what goes on after it, goes on between its `before` and `after`. */
function followPromises(): void {
  isFollowing = true;
  promiseHooks.createHook({
    init(promise: Knowing) {
      if (current !== undefined) promise[known] = current;
    },
    before(promise: Knowing) {
      current = promise[known];
    },
    after() {
      current = undefined;
    },
  });
}

interface Knowing extends Promise<unknown> {
  [known]?: Values;
}
