import type { TakenRun } from './task-store.js';

/** Port to a worker of this process; implemented by `steps/`. A run that it begins itself needs no job, and no take of its own. */
export interface RunStarter {
  /** A hand for a run that is about to be accepted; `undefined`: none is free, or others wait for it. */
  reserve(taskId: string): ReservedHand | undefined;
}

export interface ReservedHand {
  /** In whose name the run is taken. */
  readonly worker: string;
  /** Runs it. Waits for nothing and never throws: what fails is left to the queue. */
  start(taken: TakenRun): void;
  /** The run was not taken. */
  letGo(): void;
}
