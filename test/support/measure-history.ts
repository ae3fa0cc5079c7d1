/** One long run, measured: what each step writes, how long it takes, and how long a new worker needs to go on with it (R8). */
import { readFileSync } from 'node:fs';
import { systemClock } from '../../src/base/clock.js';
import { newId } from '../../src/base/ids.js';
import type { DatabaseSettings } from '../../src/config/settings.js';
import { silentLogger } from '../../src/observe/log.js';
import { createMetrics } from '../../src/observe/metrics.js';
import type { LanguageModel } from '../../src/providers/llms/contract.js';
import type { Tool } from '../../src/providers/tools/contract.js';
import { runTask } from '../../src/steps/run-task.js';
import { RunningTasks } from '../../src/steps/running-tasks.js';
import { type Database, openDatabase } from '../../src/storage/sql/database.js';
import { SqlTaskStore } from '../../src/storage/sql/sql-task-store.js';
import type { StepCommit, TaskRecord } from '../../src/tasks/task-store.js';
import { ALWAYS_GRANTED } from './crash-rig.js';
import { createTestAgent } from './llm-agent.js';
import { sampleAccept } from './run-log-samples.js';
import { reasoningSettings, storageSettings } from './test-settings.js';

export interface HistoryOptions {
  readonly settings: DatabaseSettings;
  /** Of the model; each but the last asks for one call of a pure tool. */
  readonly modelCalls: number;
  /** Steps whose rows are counted. */
  readonly samples: readonly number[];
  /** Steps behind which another worker goes on. */
  readonly resumeBehind: readonly number[];
}

export interface HistoryFigures {
  readonly samples: readonly StepSample[];
  readonly resumes: readonly ResumeSample[];
}

/** From a new worker's start (connection, take, history) to its model call; medians, milliseconds. */
export interface ResumeSample {
  readonly behind: number;
  readonly ms: number;
  /** What this process computed for it, whatever else the machine did meanwhile. */
  readonly cpuMs: number;
}

export interface StepSample {
  readonly step: number;
  /** What the step had to say: its messages, events and control state as JSON. */
  readonly ownBytes: number;
  /** The rows that its commit wrote, old parts of changed rows included. */
  readonly rowBytes: number;
  /** Mean of the steps around it: what the process handed to the system for writing (log, pages, checkpoints); NaN where unknown. */
  readonly writtenBytes: number;
  /** Mean time of the steps around it, and what this process computed in it, milliseconds. */
  readonly ms: number;
  readonly cpuMs: number;
}

export async function measureHistory(options: HistoryOptions): Promise<HistoryFigures> {
  const open = () => openDatabase(options.settings, { name: 'test', log: silentLogger, clock: systemClock });
  const database = await open();
  try {
    const log = new HistoryLog(database, options.samples);
    const accepted = await new SqlTaskStore(database).accept(sampleAccept({ text: 'Go on until it is done.' }));
    if (accepted.type !== 'accepted') throw new Error(`not accepted: ${accepted.type}`);
    const { task } = accepted;
    const resumes: ResumeSample[] = [];
    for (const behind of options.resumeBehind) {
      await createWorker(database, options)(task, { log, until: behind });
      resumes.push({ behind, ...(await measureResume(open, task, options)) });
    }
    await createWorker(database, options)(task, { log, until: Number.POSITIVE_INFINITY });
    const state = (await new SqlTaskStore(database).find(task.id, undefined))?.state;
    if (state !== 'TASK_STATE_COMPLETED') throw new Error(`the run ended ${state}`);
    return { samples: log.read(), resumes };
  } finally {
    await database.close();
  }
}

/** What was written by when. */
class HistoryLog {
  readonly #database: Database;
  readonly #samples: readonly number[];
  readonly #sizes = new Map<number, { ownBytes: number; rowBytes: number }>();
  /** By step: when it was committed, and what the process had written by then. */
  readonly #marks = new Map<number, { ms: number; cpuMs: number; written: number }>();

  constructor(database: Database, samples: readonly number[]) {
    this.#database = database;
    this.#samples = samples;
  }

  async commit(store: SqlTaskStore, commit: StepCommit) {
    const isSample = this.#samples.includes(commit.step);
    const before = isSample ? await this.#sizeOf(commit.taskId) : undefined;
    const outcome = await store.commit(commit);
    this.#marks.set(commit.step, { ms: performance.now(), cpuMs: cpuMs(), written: writtenBytes() });
    if (before !== undefined) {
      const after = await this.#sizeOf(commit.taskId);
      const ownBytes = JSON.stringify([commit.messages, commit.events, commit.control]).length;
      this.#sizes.set(commit.step, { ownBytes, rowBytes: after.appended - before.appended + after.rewritten });
    }
    return outcome;
  }

  read(): readonly StepSample[] {
    return this.#samples.map((step) => {
      const sizes = this.#sizes.get(step) ?? { ownBytes: Number.NaN, rowBytes: Number.NaN };
      const last = Math.max(...this.#marks.keys());
      // Without the sampled step itself, which looked at the rows.
      const to = Math.min(step + WINDOW, last);
      const [from, until] = step + WINDOW <= last ? [step + 1, to] : [step - WINDOW, step - 1];
      const begin = this.#marks.get(from);
      const end = this.#marks.get(until);
      const mean = (key: 'ms' | 'cpuMs' | 'written') => ((end?.[key] ?? Number.NaN) - (begin?.[key] ?? Number.NaN)) / (until - from);
      return { step, ...sizes, writtenBytes: Math.round(mean('written')), ms: mean('ms'), cpuMs: mean('cpuMs') };
    });
  }

  /** Of the values of all rows of the run: those that are only appended, and those that every commit writes anew. */
  async #sizeOf(taskId: string): Promise<{ appended: number; rewritten: number }> {
    const size = async (sql: string) => {
      const rows = await this.#database.read({ sql, parameters: [taskId] });
      return rows.reduce((sum, row) => sum + Object.values(row).join('').length, 0);
    };
    const [events, messages, calls, task, session] = await Promise.all([
      size('SELECT * FROM task_events WHERE task_id = ?'),
      size('SELECT * FROM session_messages WHERE task_id = ?'),
      size('SELECT * FROM tool_calls WHERE task_id = ?'),
      size('SELECT * FROM tasks WHERE id = ?'),
      size('SELECT s.* FROM sessions AS s JOIN tasks AS t ON t.session_key = s.session_key WHERE t.id = ?'),
    ]);
    return { appended: events + messages + calls, rewritten: task + session };
  }
}

export interface Worker {
  /** Of each run. */
  readonly modelCalls: number;
  /** Ends the worker instead of answering. */
  readonly onModelCall?: (worker: RunningTasks) => void;
}

export interface Turn {
  /** Commits in the store's place. */
  readonly log?: { commit(store: SqlTaskStore, commit: StepCommit): ReturnType<SqlTaskStore['commit']> };
  /** Lets the run go behind this step. */
  readonly until: number;
}

/** One worker, whose runs share its store, and so their transactions. What it gives is its turn with a run. */
export function createWorker(database: Database, { modelCalls, onModelCall }: Worker) {
  const plain = new SqlTaskStore(database);
  const running = new RunningTasks();
  const metrics = createMetrics();
  const worker = newId();
  const agent = createTestAgent(
    modelOf(modelCalls, () => onModelCall?.(running)),
    { tools: [NOTE] },
    { reasoning: reasoningSettings({ maxIterations: modelCalls + 1 }) },
  );
  return async (task: TaskRecord, { log, until }: Turn): Promise<void> => {
    const draining = new AbortController();
    const store = new Proxy(plain, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key, target);
        if (key !== 'commit') return typeof value === 'function' ? value.bind(target) : value;
        return (commit: StepCommit) => {
          // A worker that ends hands its run over at the next commit.
          if (commit.step >= until) draining.abort();
          return log === undefined ? target.commit(commit) : log.commit(target, commit);
        };
      },
    });
    await runTask(task.id, draining.signal, {
      store,
      leases: ALWAYS_GRANTED,
      publisher: { publishEvents: async () => {}, publishDelta: async () => {} },
      queue: { enqueue: async () => {}, assertCapacity: async () => {}, waiting: async () => 0 },
      running,
      getAgent: async () => agent,
      clock: systemClock,
      log: silentLogger,
      metrics,
      worker,
      timeSliceMs: Number.POSITIVE_INFINITY,
      checkpoint: storageSettings().checkpoint,
    });
  };
}

/** The worker ends when its model is called, and gives the run back: the next one finds the same. */
async function measureResume(
  open: () => Promise<Database>,
  task: TaskRecord,
  { modelCalls }: HistoryOptions,
): Promise<Omit<ResumeSample, 'behind'>> {
  const wall: number[] = [];
  const cpu: number[] = [];
  for (let repeat = 0; repeat < RESUME_REPEATS; repeat++) {
    const [startedAt, startedCpuMs] = [performance.now(), cpuMs()];
    const database = await open();
    let calledAt = Number.NaN;
    const work = createWorker(database, {
      modelCalls,
      onModelCall: (worker) => {
        calledAt = performance.now();
        cpu.push(cpuMs() - startedCpuMs);
        worker.abortAll();
      },
    });
    await work(task, { until: 0 }).catch((error: unknown) => {
      if (Number.isNaN(calledAt)) throw error;
    });
    await database.close();
    wall.push(calledAt - startedAt);
  }
  return { ms: medianOf(wall), cpuMs: medianOf(cpu) };
}

function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

function modelOf(modelCalls: number, onCall: () => void): LanguageModel {
  return {
    provider: 'scripted',
    model: 'scripted',
    async *generate({ messages }, signal) {
      onCall();
      signal.throwIfAborted();
      const made = messages.filter(({ role }) => role === 'agent').length;
      if (made >= modelCalls - 1) {
        yield { type: 'text', text: 'Done.' };
        yield { type: 'finish', reason: 'stop' };
        return;
      }
      yield { type: 'text', text: `${made}: `.padEnd(300, 'thinking about it ') };
      yield { type: 'tool_call', id: `call-${made}`, name: NOTE.name, arguments: { number: made } };
      yield { type: 'finish', reason: 'tool_calls' };
    },
  };
}

const NOTE: Tool = {
  name: 'note',
  description: 'Takes a note',
  parameters: { type: 'object', properties: { number: { type: 'number' } }, required: ['number'] },
  effect: 'pure',
  execute: async ({ number }) => ({ content: `note ${number} `.padEnd(300, 'is kept ') }),
};

/** Of this process, so far. */
function writtenBytes(): number {
  if (process.platform !== 'linux') return Number.NaN;
  return Number(/^wchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1] ?? Number.NaN);
}

const WINDOW = 40;
/** Fewer than the takes after which a run is given up. */
const RESUME_REPEATS = 5;
