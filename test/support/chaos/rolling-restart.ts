/** Every process of a cluster is restarted, one after the other, under load and with open streams; from the middle on with another configuration. */
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import type { JsonObject } from '../../../src/base/json.js';
import type { DatabaseSettings } from '../../../src/config/settings.js';
import type { WireTask } from '../a2a-client.js';
import { reportFigure } from '../long-form.js';
import { temporaryDirectory } from '../start-hector.js';
import { startTempRedis } from '../temp-redis.js';
import { createBalancedCaller } from './balanced-call.js';
import { checkRun, committedText } from './check-run.js';
import { type Cluster, startCluster } from './cluster.js';
import { databaseConfig } from './database-config.js';
import { describeProblems } from './describe-problems.js';
import type { Disturbance } from './disturbances.js';
import { startEffectWorld } from './effect-world.js';
import { createHuman } from './human.js';
import { readConfigVersions, readStoredRuns, type StoredRun } from './read-runs-sql.js';
import { watchReadiness } from './ready-fronts.js';
import { awaitRun, followRun, type RunClientOptions, type RunResult } from './run-client.js';
import type { RunPlan } from './run-plan.js';
import { describeTimes } from './takeovers.js';

export interface RollingOptions {
  readonly database: DatabaseSettings;
  readonly tasksPerSecond: number;
  readonly streams: number;
  /** Time between two words on a stream, milliseconds. */
  readonly pieceMs: number;
  /** Between the end of one restart and the beginning of the next, milliseconds. */
  readonly pauseMs: number;
  readonly limitMs: number;
}

/** Probes are so much more frequent that each front is seen to leave; this machine may be slow. */
const DRAIN_DELAY_MS = 4_000;
const PROBE_PERIOD_MS = 200;
const PLACES = { 'front-a': ['front'], 'worker-a': ['agent'], 'front-b': ['front'], 'worker-b': ['agent'], keeper: ['keeper'] };
/** The restart before which the configuration changes. */
const MIDDLE = 'front-b';

export async function runRollingRestart(t: Test, options: RollingOptions): Promise<void> {
  const directory = await temporaryDirectory(t);
  const [redis, world] = await Promise.all([startTempRedis(t, { appendOnly: true }), startEffectWorld(t)]);
  const configOf = (version: string): JsonObject => ({
    agents: { worker: { instruction: `Version ${version}.`, reasoning: { max_iterations: 50 } } },
    llms: { default: { provider: 'offline' } },
    redis: { url: redis.url },
    databases: { main: databaseConfig(options.database) },
    storage: { database: 'main' },
    queue: { concurrency: options.streams + 100 },
    server: { host: '127.0.0.1', port: 0, drain_delay_ms: DRAIN_DELAY_MS, limits: { max_streams_per_caller: 10_000 } },
  });
  const cluster = await startCluster(t, {
    directory,
    environment: { EFFECT_SERVER_URL: world.url },
    places: PLACES,
    config: configOf('one'),
  });
  const watching = new AbortController();
  t.teardown(() => watching.abort());
  const ready = await watchReadiness(cluster, PROBE_PERIOD_MS, watching.signal);
  const caller = createBalancedCaller(ready, 'worker');
  t.teardown(() => caller.close());
  const signal = AbortSignal.timeout(options.limitMs);
  setMaxListeners(0, signal);
  const clientOptions: RunClientOptions = {
    caller,
    human: createHuman(caller, world, signal),
    signal,
    streamSilenceMs: 10_000,
    callSilenceMs: 10_000,
  };

  const over = new AbortController();
  t.teardown(() => over.abort());
  signal.addEventListener('abort', () => over.abort(), { once: true });
  const load = sendAtRate(options, clientOptions, over.signal);
  const streams = Promise.all(
    Array.from({ length: options.streams }, (_, index) => keepStream(index, options, clientOptions, over.signal)),
  );
  await sleep(1_000 + options.pauseMs);
  const { restarts, left } = await restartAll(t, cluster, options, configOf('two'));
  over.abort();
  const [{ results: sent, timesMs }, streamed] = await Promise.all([load, streams]);
  const followed = streamed.flat();

  const stored = await readStoredRuns(options.database);
  const versions = await readConfigVersions(options.database);
  const problems: { run: RunResult; found: readonly string[] }[] = [];
  for (const result of [...sent, ...followed]) {
    const read = async () => (await caller.call('GetTask', { id: result.taskId }, { silenceMs: 5_000, signal })).result as WireTask;
    const run = stored.get(result.taskId);
    const found = [...checkRun(result, run, result.task ?? (await read())), ...(run === undefined ? [] : checkVersion(run, versions))];
    if (found.length > 0) problems.push({ run: result, found });
  }
  if (problems.length > 0) t.comment(describeProblems(problems, stored, restarts, cluster.logTail()));
  t.equal(problems.length, 0, `none of ${sent.length} requests failed, none of ${followed.length} streams lost or repeated an event`);
  t.equal(stored.size, sent.length + followed.length, 'one task for each message (R11)');
  const used = countVersions(stored, versions);
  t.ok((used['one'] ?? 0) > 0 && (used['two'] ?? 0) > 0, `both configurations had runs: ${JSON.stringify(used)}`);

  t.same(
    Object.fromEntries(caller.failures),
    {},
    'who sends only to ready fronts has no attempt that fails, however quietly it would be repeated',
  );
  // One that has just started may say the same: what counts are those that left.
  const silent = left.filter((front) => !ready.refusals.has(front));
  t.strictSame([left.length, silent], [2, []], 'each front said before it left that it was not ready');

  const report = (name: string, value: string) => reportFigure(t, `rolling restart, ${options.database.driver}, ${name}`, value);
  const silences = followed.map(({ log }) => log?.worstSilenceMs ?? 0).sort((a, b) => a - b);
  const connections = followed.reduce((sum, { log }) => sum + (log?.connections ?? 0), 0);
  report(
    'load',
    `${options.tasksPerSecond} tasks/s, ${options.streams} open streams, ${sent.length} requests, ${followed.length} streamed runs`,
  );
  report('restarts', restarts.map(({ place, untilMs }) => `${place} ${untilMs} ms`).join(', '));
  report('time of a request', describeTimes(timesMs));
  report('worst silence of a stream', `${describeTimes(silences)}; a word every ${options.pieceMs} ms, wanted < 1000 ms`);
  report('reconnections', `${connections - followed.length}`);
}

/** `left`: addresses of the fronts that were ended. */
async function restartAll(
  t: Test,
  cluster: Cluster,
  { pauseMs }: RollingOptions,
  next: JsonObject,
): Promise<{ readonly restarts: readonly Disturbance[]; readonly left: readonly string[] }> {
  const restarts: Disturbance[] = [];
  const left: string[] = [];
  for (const place of cluster.places) {
    if (place.name === MIDDLE) await cluster.writeConfig(next);
    const at = Date.now();
    const { pid, url } = place;
    if (url !== '') left.push(url);
    const ended = await cluster.end(place, 'SIGTERM');
    t.equal(ended, 0, `${place.name} ended well after ${Date.now() - at} ms`);
    await cluster.start(place);
    restarts.push({ type: 'stop', place: place.name, pid, at, untilMs: Date.now() - at });
    await sleep(pauseMs);
  }
  return { restarts, left };
}

/** Requests at a fixed rate, whether earlier ones are answered or not. */
async function sendAtRate({ tasksPerSecond }: RollingOptions, client: RunClientOptions, over: AbortSignal) {
  const timesMs: number[] = [];
  const sent: Promise<RunResult>[] = [];
  const startedAt = performance.now();
  const send = async (run: string): Promise<RunResult> => {
    const begunAt = performance.now();
    const result = await awaitRun({ run, steps: [], pieces: 1, pieceMs: 5, effectMs: 0 }, client);
    timesMs.push(performance.now() - begunAt);
    return result;
  };
  while (!over.aborted) {
    const due = ((performance.now() - startedAt) * tasksPerSecond) / 1_000;
    while (sent.length < due) sent.push(send(`t${sent.length}`));
    await sleep(10);
  }
  const results = await Promise.all(sent);
  return { results, timesMs: timesMs.sort((a, b) => a - b) };
}

/** One stream after the other, so that one is always open. */
async function keepStream(index: number, { pieceMs }: RollingOptions, client: RunClientOptions, over: AbortSignal): Promise<RunResult[]> {
  const results: RunResult[] = [];
  await sleep((index % 50) * 20);
  while (!over.aborted) {
    const plan: RunPlan = { run: `s${index}.${results.length}`, steps: Array(8).fill('p'), pieces: 4, pieceMs, effectMs: 0 };
    results.push(await followRun(plan, client));
  }
  return results;
}

/** R12: every step of a run spoke with the instruction of the version that it is pinned to. */
function checkVersion(run: StoredRun, versions: ReadonlyMap<string, string>): readonly string[] {
  const pinned = instructionOf(versions.get(run.configVersion));
  const spoken = [...new Set(committedText(run.events).match(/Version \w+/g) ?? [])];
  return spoken.length === 1 && spoken[0] === `Version ${pinned}`
    ? []
    : [`it is pinned to version ${pinned} and spoke as ${spoken.join(', ')} (R12)`];
}

function countVersions(stored: ReadonlyMap<string, StoredRun>, versions: ReadonlyMap<string, string>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { configVersion } of stored.values()) {
    const version = instructionOf(versions.get(configVersion));
    counts[version] = (counts[version] ?? 0) + 1;
  }
  return counts;
}

function instructionOf(source: string | undefined): string {
  return /Version (\w+)/.exec(source ?? '')?.[1] ?? 'unknown';
}
