/** A value, or the promise of it where something had to be waited for: most requests wait for nothing, and each promise costs a turn. */
export type MaybePromise<T> = T | Promise<T>;

/** What `next` makes of the value, at once when it is there. */
export function andThen<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}
