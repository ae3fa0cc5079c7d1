/**
 * Folds of logs that were read a moment ago. A log only grows (R4), so the fold up to a `seq` stays what it is: whoever reads the same task
 * again reads its row, and its events only when there are more of them.
 *
 * Owns: at most `MAX_CHARACTERS` of tasks (twice: folded, and as text), each for `MAX_AGE_MS`; what was used longest ago goes first. That age is also how long an
 * answer may still show what retention has just taken out of a log. Does not own: whether the task exists and whose it is.
 */
import type { Clock } from '../base/clock.js';
import { rememberJson } from '../base/known-json.js';
import { RecentlyUsed } from '../base/recently-used.js';
import type { Task } from '../protocol/a2a.js';
import type { TaskView } from './project-task.js';

/** `listed`: folded without events of artifacts. */
export type TaskForm = 'whole' | 'listed';

export interface RecentTask {
  readonly view: TaskView;
  /** With all of its history; its JSON is known (`jsonOf`). */
  readonly task: Task;
  /** Of the task as JSON. */
  readonly characters: number;
}

export class RecentTasks {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #kept = new RecentlyUsed<KeptTask>(MAX_CHARACTERS);

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  find(id: string, seq: number, form: TaskForm): RecentTask | undefined {
    const key = keyOf(id, form);
    const kept = this.#kept.find(key);
    if (kept === undefined) return undefined;
    if (kept.view.seq === seq && kept.until >= this.#clock.monotonic()) return kept;
    this.#kept.drop(key);
    return undefined;
  }

  /** The view must no longer change. */
  keep(id: string, view: TaskView, form: TaskForm): RecentTask {
    const key = keyOf(id, form);
    const task = view.toTask();
    const text = JSON.stringify(task);
    rememberJson(task, text);
    const recent = { view, task, characters: text.length, until: this.#clock.monotonic() + MAX_AGE_MS };
    if (recent.characters > MAX_TASK_CHARACTERS) this.#kept.drop(key);
    else this.#kept.keep(key, recent);
    return recent;
  }
}

interface KeptTask extends RecentTask {
  readonly until: number;
}

/** Ids hold no space. */
function keyOf(id: string, form: TaskForm): string {
  return form === 'whole' ? id : `${id} ${form}`;
}

const MAX_CHARACTERS = 16 * 1024 * 1024;
/** A larger one costs more to send than to read. */
const MAX_TASK_CHARACTERS = 1024 * 1024;
const MAX_AGE_MS = 60_000;
