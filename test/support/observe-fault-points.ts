/** Follows single runs through the fault points of this process, and lets one of them pause there, as a stopped process would. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { armFaultPoint } from '../../src/base/fault-points.js';
import type { Files } from '../gates/project.js';
import { OUTSIDE_POINTS } from './effect-server.js';
import { listFaultPoints } from './list-fault-points.js';

/** The `nth` time that a run reaches `point`. */
export interface FaultPlace {
  readonly point: string;
  readonly nth: number;
}

/** `step.before-commit`, `step.before-commit (2)` … */
export function describePlace({ point, nth }: FaultPlace): string {
  return nth === 1 ? point : `${point} (${nth})`;
}

interface Observer {
  readonly reached: FaultPlace[];
  readonly pause: { readonly at: FaultPlace; readonly begins: () => void; readonly ends: Promise<void> } | undefined;
}

const observers = new AsyncLocalStorage<Observer>();

/** All that the crash matrix knows: those of the code, and the tests' own. */
export function listObservedPoints(sources: Files): readonly string[] {
  return [...listFaultPoints(sources), ...Object.values(OUTSIDE_POINTS)];
}

/** Arms these points for `traceFaultPoints` and `pauseAtFaultPoint`; the result disarms them. */
export function observeFaultPoints(names: readonly string[]): () => void {
  const disarm = names.map((name) => armFaultPoint(name, onPoint));
  return () => {
    for (const one of disarm) one();
  };
}

/** Where `work` passes, in order. */
export async function traceFaultPoints(work: () => Promise<unknown>): Promise<readonly FaultPlace[]> {
  const observer: Observer = { reached: [], pause: undefined };
  await observers.run(observer, work);
  return observer.reached;
}

export interface PausedWork {
  /** Lets it go on; resolves with its end, which may be a failure. */
  resume(): Promise<{ readonly failure: unknown }>;
}

/** Begins `work`; resolves when it stands still at `at`, with `undefined` when it ended before. */
export async function pauseAtFaultPoint(at: FaultPlace, work: () => Promise<unknown>): Promise<PausedWork | undefined> {
  const paused = createSignal();
  const resumed = createSignal();
  const pause = { at, begins: paused.fire, ends: resumed.fired };
  const ended = observers.run({ reached: [], pause }, work).then(
    () => ({ failure: undefined }),
    (failure: unknown) => ({ failure }),
  );
  const isPaused = await Promise.race([paused.fired.then(() => true), ended.then(() => false)]);
  if (!isPaused) return undefined;
  return {
    resume() {
      resumed.fire();
      return ended;
    },
  };
}

function createSignal(): { fire: () => void; readonly fired: Promise<void> } {
  let fire = () => {};
  const fired = new Promise<void>((resolve) => {
    fire = resolve;
  });
  return { fire, fired };
}

async function onPoint(point: string): Promise<void> {
  const observer = observers.getStore();
  if (observer === undefined) return;
  const nth = observer.reached.filter((place) => place.point === point).length + 1;
  observer.reached.push({ point, nth });
  const { pause } = observer;
  if (pause === undefined || pause.at.point !== point || pause.at.nth !== nth) return;
  pause.begins();
  await pause.ends;
}
