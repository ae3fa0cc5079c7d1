/** What the crash matrix does: a worker dies or stands still at a place, another takes over, and what came of it is written down. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/base/clock.js';
import { newId } from '../../src/base/ids.js';
import type { DatabaseSettings } from '../../src/config/settings.js';
import { silentLogger } from '../../src/observe/log.js';
import type { Message } from '../../src/protocol/a2a.js';
import { type Database, openDatabase } from '../../src/storage/sql/database.js';
import type { TaskEvent } from '../../src/tasks/task-event.js';
import type { TaskRecord } from '../../src/tasks/task-store.js';
import type { ToolEffect } from '../../src/tasks/tool-call.js';
import { type CrashAct, type CrashWorker, createCrashWorker, OWNER } from './crash-rig.js';
import type { CrashJob } from './crash-worker.js';
import type { EffectServer } from './effect-server.js';
import { type FaultPlace, pauseAtFaultPoint, traceFaultPoints } from './observe-fault-points.js';

export interface CrashBench {
  readonly settings: DatabaseSettings;
  readonly database: Database;
  readonly outside: EffectServer;
}

/** A situation in which a process dies: what was there before, and what it is doing. */
export interface CrashScenario {
  /** Of the table that shows it. */
  readonly name: string;
  readonly effect: ToolEffect;
  prepare(run: CrashRun): Promise<CrashAct>;
  /** What the client does afterwards, before others take over. */
  retry?(run: CrashRun): Promise<void>;
  /** Whether what the process was doing has taken effect at this place; otherwise the run is as if nobody had begun it. */
  hasHappened?(place: FaultPlace): boolean;
}

export interface CrashTrace {
  /** In order, of a process that nobody disturbs. */
  readonly places: readonly FaultPlace[];
  /** What comes of it then. */
  readonly undisturbed: CrashOutcome;
  /** What comes of a run that nobody but its workers touches. */
  readonly untouched: CrashOutcome;
}

/** One run of one scenario. */
export interface CrashRun {
  /** Names it towards the effect server. */
  readonly name: string;
  readonly message: Message;
  /** The process that takes over. */
  readonly worker: CrashWorker;
  task: TaskRecord | undefined;
}

/** What came of it. */
export interface CrashOutcome {
  readonly state: string;
  /** The open questions that the run ended with, by type. */
  readonly questions: readonly string[];
  readonly model: number;
  readonly tool: number;
  /** Distinct idempotency keys among its tool calls. */
  readonly keys: number;
  /** Committed steps. */
  readonly steps: number;
  /** What a client sees: statuses, and artifacts that grew. */
  readonly log: readonly string[];
  /** Who said what, as the next model call reads it. */
  readonly roles: readonly string[];
  /** Gaps, repeated ends, falling epochs. */
  readonly problems: readonly string[];
}

export const SCENARIOS: readonly CrashScenario[] = [
  ...(['pure', 'idempotent', 'once'] as const).map(
    (effect): CrashScenario => ({
      name: `a worker, tool of effect \`${effect}\``,
      effect,
      async prepare(run) {
        run.task = await run.worker.accept(run.message);
        return { type: 'run', taskId: run.task.id };
      },
    }),
  ),
  {
    name: 'a front that accepts a message, which is sent again',
    effect: 'pure',
    prepare: async ({ message }) => ({ type: 'accept', message }),
    async retry(run) {
      run.task = await run.worker.accept(run.message);
    },
  },
  {
    name: 'a front that cancels',
    effect: 'pure',
    async prepare(run) {
      run.task = await run.worker.accept(run.message);
      return { type: 'cancel', taskId: run.task.id };
    },
    hasHappened: ({ point }) => point !== 'store.cancel.before',
  },
];

export async function traceScenario(bench: CrashBench, scenario: CrashScenario): Promise<CrashTrace> {
  const run = beginRun(bench, scenario);
  const act = await scenario.prepare(run);
  const places = await traceFaultPoints(() => workerFor(bench, scenario, 'first').act(act));
  await scenario.retry?.(run);
  await takeOver(run);
  const untouched = beginRun(bench, scenario);
  untouched.task = await untouched.worker.accept(untouched.message);
  await takeOver(untouched);
  return { places, undisturbed: await readOutcome(bench, run), untouched: await readOutcome(bench, untouched) };
}

/** Kills a process at `place`; another one takes over. */
export async function runKilled(bench: CrashBench, scenario: CrashScenario, place: FaultPlace) {
  const run = beginRun(bench, scenario);
  const act = await scenario.prepare(run);
  const { effect } = scenario;
  const job: CrashJob = { settings: bench.settings, worker: { outsideUrl: bench.outside.url, effect }, act };
  const child = spawn(process.execPath, [WORKER, JSON.stringify(job)], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, HECTOR_FAULT_POINTS: `${place.point}=kill@${place.nth}` },
    timeout: 30_000,
    killSignal: 'SIGTERM',
  });
  const [code, signal] = await once(child, 'exit');
  if (signal !== 'SIGKILL') throw new Error(`the process was not killed at ${place.point} (${place.nth}) but ended with ${code ?? signal}`);
  await scenario.retry?.(run);
  await takeOver(run);
  return { run, outcome: await readOutcome(bench, run) };
}

/** A process stands still at `place` until another one has taken over and done all it could. */
export async function runPaused(bench: CrashBench, scenario: CrashScenario, place: FaultPlace) {
  const run = beginRun(bench, scenario);
  const act = await scenario.prepare(run);
  const paused = await pauseAtFaultPoint(place, () => workerFor(bench, scenario, 'first').act(act));
  await scenario.retry?.(run);
  await takeOver(run);
  const before = await readOutcome(bench, run);
  await paused.resume();
  return { run, before, after: await readOutcome(bench, run) };
}

/** Opens a bench of its own connections; close it with `database.close()`. */
export async function openCrashBench(settings: DatabaseSettings, outside: EffectServer): Promise<CrashBench> {
  return { settings, outside, database: await openDatabase(settings, { name: 'test', log: silentLogger, clock: systemClock }) };
}

function beginRun(bench: CrashBench, scenario: CrashScenario): CrashRun {
  const name = newId();
  const message: Message = { messageId: name, contextId: name, role: 'ROLE_USER', parts: [{ text: name }] };
  return { name, message, worker: workerFor(bench, scenario, 'second'), task: undefined };
}

function workerFor({ database, outside }: CrashBench, { effect }: CrashScenario, name: string): CrashWorker {
  return createCrashWorker({ database, outsideUrl: outside.url, effect, name });
}

/** As the recovery sweep would: runs what the run log says is runnable, until nothing is. */
async function takeOver({ task, worker }: CrashRun): Promise<void> {
  for (;;) {
    const runnable = await worker.store.runnable(systemClock.now() + 1, 10_000);
    if (!runnable.some(({ id }) => id === task?.id)) return;
    await worker.run(task?.id ?? '');
  }
}

async function readOutcome({ outside }: CrashBench, { name, task, worker }: CrashRun): Promise<CrashOutcome> {
  const record = await worker.store.find(task?.id ?? '', OWNER);
  if (record === undefined) throw new Error(`the task of ${name} is gone`);
  const events = await worker.store.events(record.id, 0);
  const messages = await worker.store.sessionMessages(record);
  const { model, tool, keys } = outside.callsOf(name);
  return {
    state: record.state,
    questions: questionsOf(events.at(-1)),
    model,
    tool,
    keys: keys.size,
    steps: record.step - 1,
    log: events.map(describeEvent),
    roles: messages.map(({ role }) => role),
    problems: findLogProblems(record, events),
  };
}

function questionsOf(event: TaskEvent | undefined): readonly string[] {
  if (event?.type !== 'status.changed') return [];
  const parts = event.status.message?.parts ?? [];
  return parts.flatMap(({ data }) => (data === undefined ? [] : [String((data as { type?: unknown }).type)]));
}

function describeEvent(event: TaskEvent): string {
  if (event.type === 'status.changed') return event.status.state;
  if (event.type === 'artifact.updated') return `${event.type}${event.append === true ? ' (more)' : ''}`;
  return event.type;
}

/** R4 no gap, R5 one end and nothing after it, R3 epochs only rise. */
function findLogProblems(task: TaskRecord, events: readonly TaskEvent[]): readonly string[] {
  const problems: string[] = [];
  if (events.length !== task.seq || events.some(({ seq }, index) => seq !== index + 1)) problems.push('seq has a gap (R4)');
  const ends = events.filter((event) => event.type === 'status.changed' && /COMPLETED|FAILED|CANCELED|REJECTED/.test(event.status.state));
  if (ends.length > 1 || (ends.length === 1 && ends[0]?.seq !== task.seq)) problems.push('something stands behind the end (R5)');
  if (events.some(({ epoch }, index) => epoch < (events[index - 1]?.epoch ?? 0))) problems.push('an epoch falls (R3)');
  return problems;
}

const WORKER = fileURLToPath(new URL('./crash-worker.js', import.meta.url));
