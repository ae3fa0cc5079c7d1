/**
 * Folds of logs that were read a moment ago. A log only grows (R4), so the fold up to a `seq` stays what it is: whoever reads the same task
 * again reads its row, and its events only when there are more of them.
 *
 * Owns: at most `MAX_CHARACTERS` of tasks, each for `MAX_AGE_MS`; what was used longest ago goes first. That age is also how long an
 * answer may still show what retention has just taken out of a log. Does not own: whether the task exists and whose it is.
 */
import type { Clock } from '../base/clock.js';
import type { TaskView } from './project-task.js';

/** `listed`: folded without events of artifacts. */
export type TaskForm = 'whole' | 'listed';

export interface RecentTask {
  readonly view: TaskView;
  /** Of the task as JSON. */
  readonly characters: number;
}

export class RecentTasks {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #kept = new Map<string, RecentTask & { readonly until: number }>();
  #characters = 0;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  find(id: string, seq: number, form: TaskForm): RecentTask | undefined {
    const key = `${form} ${id}`;
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    this.#drop(key, kept);
    if (kept.view.seq !== seq || kept.until < this.#clock.monotonic()) return undefined;
    this.#add(key, kept);
    return kept;
  }

  /** The view must no longer change. */
  keep(id: string, view: TaskView, form: TaskForm): RecentTask {
    const key = `${form} ${id}`;
    const recent = { view, characters: JSON.stringify(view.toTask()).length, until: this.#clock.monotonic() + MAX_AGE_MS };
    const before = this.#kept.get(key);
    if (before !== undefined) this.#drop(key, before);
    if (recent.characters > MAX_TASK_CHARACTERS) return recent;
    this.#add(key, recent);
    for (const [oldest, kept] of this.#kept) {
      if (this.#characters <= MAX_CHARACTERS) break;
      this.#drop(oldest, kept);
    }
    return recent;
  }

  #add(key: string, kept: RecentTask & { readonly until: number }): void {
    this.#kept.set(key, kept);
    this.#characters += kept.characters;
  }

  #drop(key: string, { characters }: RecentTask): void {
    this.#kept.delete(key);
    this.#characters -= characters;
  }
}

const MAX_CHARACTERS = 16 * 1024 * 1024;
/** A larger one costs more to send than to read. */
const MAX_TASK_CHARACTERS = 1024 * 1024;
const MAX_AGE_MS = 60_000;
