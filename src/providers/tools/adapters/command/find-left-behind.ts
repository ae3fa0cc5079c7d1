/**
 * Processes that left the group of their command (a session of their own), found by a mark in their environment. Linux; elsewhere
 * nothing is found.
 *
 * Owns: the walks through `/proc`, one at a time in this process. Who asks while one is under way is served by the next one, however
 * many ask: a hundred commands that end together cost two walks. Does not own: what becomes of those that are found.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';

/** Of the environment: its value is the mark. */
export const MARK = 'HECTOR_TOOL_CALL';

interface Walk {
  readonly marks: Set<string>;
  readonly found: Promise<ReadonlyMap<string, readonly number[]>>;
}

let last: Promise<unknown> = Promise.resolve();
let next: Walk | undefined;

/** Every one of them that was there when this was called. */
export async function findLeftBehind(mark: string): Promise<readonly number[]> {
  next ??= plan();
  next.marks.add(mark);
  return (await next.found).get(mark) ?? [];
}

function plan(): Walk {
  const marks = new Set<string>();
  const found = last.then(() => {
    next = undefined;
    return walk(marks);
  });
  last = found;
  return { marks, found };
}

/** Reads of `/proc` never wait for a disk; between portions others have their turn. */
async function walk(marks: ReadonlySet<string>): Promise<ReadonlyMap<string, readonly number[]>> {
  const found = new Map<string, number[]>();
  const pids = listPids();
  for (const [index, pid] of pids.entries()) {
    if (index % PORTION === PORTION - 1) await setImmediate();
    const mark = readMark(pid);
    if (pid !== process.pid && mark !== undefined && marks.has(mark)) found.set(mark, [...(found.get(mark) ?? []), pid]);
  }
  return found;
}

function listPids(): readonly number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    // Another system: there is nothing to walk through.
    return [];
  }
}

function readMark(pid: number): string | undefined {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
    const at = `\0${environment}`.indexOf(`\0${MARK}=`);
    return at === -1 ? undefined : environment.slice(at + MARK.length + 1).split('\0', 1)[0];
  } catch {
    // Gone, or somebody else's.
    return undefined;
  }
}

/** Processes, about a millisecond. */
const PORTION = 50;
