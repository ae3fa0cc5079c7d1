/**
 * Whose doing a promise is that was rejected while nobody listened.
 *
 * Owns: which work is under way where. Does not own: the process's event; `runtime/stray-rejections.ts` hears it.
 */
import { createScope, withinForeignCode } from './scope.js';

type OnStray = (error: unknown) => void;

const owners = createScope<OnStray>();

/** Runs work of somebody else's; what is rejected in it, or in what it begins, and is never looked at, is told to `onStray`. */
export function owningStrays<T>(onStray: OnStray, run: () => T): T {
  return owners.within(onStray, () => withinForeignCode(run));
}

/** Of the promise that was rejected, while its `unhandledRejection` is told. */
export function findStrayOwner(): OnStray | undefined {
  return owners.find();
}
