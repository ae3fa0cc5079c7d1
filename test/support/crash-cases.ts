/** What the crash matrix does: a worker dies or stands still at a place, another takes over, and what came of it is written down. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/base/clock.js';
import { newId } from '../../src/base/ids.js';
import { isJsonObject } from '../../src/base/json.js';
import type { DatabaseSettings } from '../../src/config/settings.js';
import { silentLogger } from '../../src/observe/log.js';
import type { Message } from '../../src/protocol/a2a.js';
import { isRunnable, isTerminal } from '../../src/protocol/task-state.js';
import { type Database, openDatabase } from '../../src/storage/sql/database.js';
import { SqlTaskStore } from '../../src/storage/sql/sql-task-store.js';
import type { TaskEvent } from '../../src/tasks/task-event.js';
import type { TaskRecord } from '../../src/tasks/task-store.js';
import { type CrashAct, type CrashSetting, type CrashWorker, createCrashWorker, OWNER } from './crash-rig.js';
import type { CrashJob } from './crash-worker.js';
import type { EffectServer } from './effect-server.js';
import { describePlace, type FaultPlace, type PausedWork, pauseAtFaultPoint, traceFaultPoints } from './observe-fault-points.js';

export interface CrashBench {
  readonly settings: DatabaseSettings;
  readonly database: Database;
  readonly outside: EffectServer;
}

/** A situation in which a process dies: what was there before, and what it is doing. */
export interface CrashScenario {
  /** Names it in the table. */
  readonly name: string;
  readonly setting: CrashSetting;
  prepare(run: CrashRun): Promise<CrashAct>;
  /** What the client does afterwards, before others take over. */
  retry?(run: CrashRun): Promise<void>;
  /** Whether what the process was doing has taken effect at this place; otherwise all is as if it had not begun. */
  hasHappened?(place: FaultPlace): boolean;
}

export interface CrashTrace {
  readonly act: CrashAct;
  /** In order, of a process that nobody disturbs. */
  readonly places: readonly FaultPlace[];
  /** What comes of it then. */
  readonly undisturbed: CrashOutcome;
  /** What comes of it when that process does nothing at all. */
  readonly notBegun: CrashOutcome;
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
  /** Of the task, or `held`. */
  readonly state: string;
  /** The open questions that the run ended with, by type. */
  readonly questions: readonly string[];
  readonly model: number;
  readonly tool: number;
  /** Distinct idempotency keys among its tool calls, '' for none. */
  readonly keys: readonly string[];
  /** What the ledger says of its calls. */
  readonly ledger: readonly string[];
  /** Committed steps. */
  readonly steps: number;
  /** What a client sees: statuses, and artifacts that grew. */
  readonly log: readonly string[];
  /** Who said what, as the next model call reads it. */
  readonly roles: readonly string[];
  /** Gaps, repeated ends, falling epochs. */
  readonly problems: readonly string[];
}

/** Where a process passes that nobody disturbs, and how the run ends with it and without it. */
export async function traceScenario(bench: CrashBench, scenario: CrashScenario): Promise<CrashTrace> {
  const run = beginRun(bench, scenario);
  const act = await scenario.prepare(run);
  const places = await traceFaultPoints(() => workerFor(bench, scenario, 'first').act(act));
  const idle = beginRun(bench, scenario);
  await scenario.prepare(idle);
  for (const one of [run, idle]) {
    await scenario.retry?.(one);
    await takeOver(one);
  }
  return { act, places, undisturbed: await readOutcome(bench, run), notBegun: await readOutcome(bench, idle) };
}

/**
 * Places between the same two changes of the world are one situation: a durable operation lies between `store.….before` and what
 * follows, and a piece of outside work right before its own point.
 */
export function groupPlaces(places: readonly FaultPlace[]): readonly (readonly FaultPlace[])[] {
  const groups: FaultPlace[][] = [];
  let last: FaultPlace | undefined;
  for (const place of places) {
    const isChanged = last === undefined || /^store\..*\.before$/.test(last.point) || place.point.startsWith('outside.');
    if (isChanged) groups.push([]);
    groups.at(-1)?.push(place);
    last = place;
  }
  return groups;
}

/** Kills a process at `place`; another one takes over. */
export async function runKilled(bench: CrashBench, scenario: CrashScenario, place: FaultPlace) {
  const run = beginRun(bench, scenario);
  const act = await scenario.prepare(run);
  const job: CrashJob = { settings: bench.settings, worker: { ...scenario.setting, outsideUrl: bench.outside.url }, act };
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
  const paused = await beginPaused(bench, scenario, act, place);
  await scenario.retry?.(run);
  await takeOver(run);
  const before = await readOutcome(bench, run);
  await paused.resume();
  await takeOver(run);
  return { run, before, after: await readOutcome(bench, run) };
}

/**
 * A process stands still at `place`; another one takes over and stands still at `there`; the first goes on to its end, then the second.
 * `undefined`: the second never comes there.
 */
export async function runOverlapping(bench: CrashBench, scenario: CrashScenario, place: FaultPlace, there: FaultPlace) {
  const run = beginRun(bench, scenario);
  const act = await scenario.prepare(run);
  const first = await beginPaused(bench, scenario, act, place);
  const second = await pauseAtFaultPoint(there, () => takeOver(run));
  if (second === undefined) {
    await first.resume();
    return undefined;
  }
  const before = await readOutcome(bench, run);
  await first.resume();
  const between = await readOutcome(bench, run);
  await second.resume();
  await takeOver(run);
  return { before, between, after: await readOutcome(bench, run) };
}

async function beginPaused(bench: CrashBench, scenario: CrashScenario, act: CrashAct, place: FaultPlace): Promise<PausedWork> {
  const paused = await pauseAtFaultPoint(place, () => workerFor(bench, scenario, 'first').act(act));
  if (paused === undefined) throw new Error(`the process ended before it came to ${describePlace(place)}`);
  return paused;
}

/** Somebody says how the call ended whose outcome nobody knows. */
export async function answerUnknown(bench: CrashBench, run: CrashRun, answer: 'done' | 'retry' | 'skip'): Promise<CrashOutcome> {
  const { id: taskId = '', contextId = '' } = run.task ?? {};
  const events = await new SqlTaskStore(bench.database).events(taskId, 0);
  const asked = events.flatMap((event) => (event.type === 'status.changed' ? (event.status.message?.parts ?? []) : []));
  const ids = asked.flatMap(({ data }) => (isJsonObject(data) && typeof data['tool_call_id'] === 'string' ? [data['tool_call_id']] : []));
  const decision = { type: 'tool_outcome', tool_call_id: ids.at(-1) ?? 'nothing was asked', outcome: answer };
  await run.worker.accept({ messageId: newId(), taskId, contextId, role: 'ROLE_USER', parts: [{ data: decision }] });
  await takeOver(run);
  return await readOutcome(bench, run);
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

function workerFor({ database, outside }: CrashBench, { setting }: CrashScenario, name: string): CrashWorker {
  return createCrashWorker({ ...setting, database, outsideUrl: outside.url, name });
}

/** As the recovery sweep would: runs what the run log says a dead worker has, or nobody, until nothing is. */
async function takeOver({ task, worker }: CrashRun): Promise<void> {
  const taskId = task?.id ?? '';
  for (;;) {
    const taken = (await worker.store.taken(10_000)).map(({ id }) => worker.store.find(id, undefined));
    const waiting = await worker.store.runnable(systemClock.now() + 1, 10_000);
    const runs = [...(await Promise.all(taken)), ...waiting.filter((run) => run.worker === '')];
    const left = runs.filter((run) => run !== undefined).filter(({ id, child }) => (child?.rootId ?? id) === taskId);
    if (left.length === 0) return;
    for (const { id } of left) await worker.act({ type: 'run', taskId: id });
  }
}

async function readOutcome({ outside }: CrashBench, { name, task, worker }: CrashRun): Promise<CrashOutcome> {
  const record = await worker.store.find(task?.id ?? '', OWNER);
  if (record === undefined) throw new Error(`the task of ${name} is gone`);
  const events = await worker.store.events(record.id, 0);
  const messages = await worker.store.sessionMessages(record);
  const tree = [record, ...(await worker.store.descendants(record.id))];
  const { model, tool, keys } = outside.callsOf(name);
  return {
    state: record.heldSince === undefined ? record.state : 'held',
    questions: questionsOf(events.at(-1)),
    model,
    tool,
    keys: [...keys],
    ledger: (await Promise.all(tree.map(({ id }) => worker.store.toolCalls(id)))).flat().map(({ status }) => status),
    steps: record.step - 1,
    log: events.map(describeEvent),
    roles: messages.map(({ role }) => role),
    problems: [...findLogProblems(record, events), ...findTreeProblems(tree)],
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

/** J1, J2: who waits waits for somebody, and nobody outlives a parent. */
function findTreeProblems(tree: readonly TaskRecord[]): readonly string[] {
  return tree.flatMap(({ id, state, children = 0, openChildren = 0 }) => {
    const below = tree.filter(({ child }) => child?.parentId === id);
    const isWrong = below.length !== children || below.filter((run) => isRunnable(run.state)).length !== openChildren;
    const outlives = isTerminal(state) && below.some((run) => !isTerminal(run.state));
    return [...(isWrong ? ['a run has other children than it counts'] : []), ...(outlives ? ['a child outlives its parent'] : [])];
  });
}

const WORKER = fileURLToPath(new URL('./crash-worker.js', import.meta.url));
