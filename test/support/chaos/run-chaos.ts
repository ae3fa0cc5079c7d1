/** One storm: many runs on a cluster that is killed, stopped and cut off from Redis meanwhile; then everything is compared. */
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import type { DatabaseSettings } from '../../../src/config/settings.js';
import type { WireTask } from '../a2a-client.js';
import { reportFigure } from '../long-form.js';
import { createRandom, type Random } from '../random.js';
import { temporaryDirectory } from '../start-hector.js';
import { startTempRedis } from '../temp-redis.js';
import { createBalancedCaller } from './balanced-call.js';
import { checkEffects } from './check-effects.js';
import { checkRun } from './check-run.js';
import { startCluster } from './cluster.js';
import { databaseConfig } from './database-config.js';
import { describeProblems } from './describe-problems.js';
import { disturb } from './disturbances.js';
import { startEffectWorld } from './effect-world.js';
import { createHuman } from './human.js';
import { readStoredRuns } from './read-runs-sql.js';
import { awaitRun, followRun, type RunResult } from './run-client.js';
import { plannedCalls, type RunPlan } from './run-plan.js';
import { describeTimes, findTakeovers, type Kill, recordKill } from './takeovers.js';

export interface ChaosOptions {
  readonly database: DatabaseSettings;
  readonly runs: number;
  readonly runsPerSecond: number;
  readonly disturbEveryMs: number;
  /** Default: as long as runs go on. */
  readonly disturbances?: number;
  readonly redisAfter: readonly number[];
  readonly seed: number;
  /** From the first run to the last one's end. */
  readonly limitMs: number;
}

const ROLES = ['front', 'agent', 'keeper'];

export async function runChaos(t: Test, options: ChaosOptions): Promise<void> {
  const random = createRandom(options.seed);
  const directory = await temporaryDirectory(t);
  const [redis, world] = await Promise.all([
    startTempRedis(t, { appendOnly: true, arguments: ['--appendfsync', 'everysec'] }),
    startEffectWorld(t),
  ]);
  const cluster = await startCluster(t, {
    directory,
    environment: { EFFECT_SERVER_URL: world.url },
    places: { one: ROLES, two: ROLES, three: ROLES },
    config: {
      agents: { worker: { instruction: 'Do as planned.', reasoning: { max_iterations: 50 } } },
      llms: { default: { provider: 'offline' } },
      redis: { url: redis.url },
      databases: { main: databaseConfig(options.database) },
      storage: { database: 'main' },
      server: { host: '127.0.0.1', port: 0, drain_delay_ms: 0, limits: { max_streams_per_caller: 10_000, keep_alive_ms: 500 } },
    },
  });
  const caller = createBalancedCaller(cluster, 'worker');
  t.teardown(() => caller.close());
  const signal = AbortSignal.timeout(options.limitMs);
  // Every caller listens to it.
  setMaxListeners(0, signal);
  const human = createHuman(caller, world, signal);
  const kills: Promise<Kill>[] = [];
  const over = new AbortController();
  const disturbing = disturb({
    cluster,
    redis,
    random,
    everyMs: options.disturbEveryMs,
    limit: options.disturbances ?? Number.POSITIVE_INFINITY,
    redisAfter: options.redisAfter,
    signal: over.signal,
    onKill: (pid, at) => kills.push(recordKill(options.database, at, pid, cluster.beginnings)),
  });

  const plans = Array.from({ length: options.runs }, (_, index) => makePlan(`r${index}`, random));
  const clientOptions = { caller, human, signal, streamSilenceMs: 2_500, callSilenceMs: 4_000 };
  const startedAt = performance.now();
  const running = plans.map(async (plan, index): Promise<RunResult> => {
    await sleep((index * 1_000) / options.runsPerSecond);
    return index % 4 === 3 ? awaitRun(plan, clientOptions) : followRun(plan, clientOptions);
  });
  const results = await Promise.all(running);
  const tookMs = performance.now() - startedAt;
  over.abort();
  const disturbances = await disturbing;

  const stored = await readStoredRuns(options.database);
  const problems: { run: RunResult; found: readonly string[] }[] = [];
  for (const result of results) {
    const reply = await caller.call('GetTask', { id: result.taskId }, { silenceMs: 4_000, signal: AbortSignal.timeout(30_000) });
    const found = checkRun(result, stored.get(result.taskId), reply.result as WireTask | undefined);
    if (found.length > 0) problems.push({ run: result, found });
  }
  if (problems.length > 0) t.comment(describeProblems(problems, stored, disturbances, cluster.logTail()));
  t.equal(problems.length, 0, `all ${results.length} runs ended well, and every client holds what the log holds`);
  t.equal(stored.size, results.length, 'one task for each message (R1, R11)');
  const effects = checkEffects(plans.flatMap(plannedCalls), await world.report());
  t.same(effects.problems.slice(0, 20), [], 'the world was changed as often as planned (R7)');

  const held = results.map(({ plan, taskId }) => ({ run: plan.run, taskId }));
  const takeovers = findTakeovers(await Promise.all(kills), held, stored, disturbances);
  const count = (type: string) => disturbances.filter((disturbance) => disturbance.type === type).length;
  const connections = results.reduce((sum, { log }) => sum + (log?.connections ?? 0), 0);
  const report = (name: string, value: string) => reportFigure(t, `chaos, ${options.database.driver}, ${name}`, value);
  report('runs', `${results.length} in ${(tookMs / 1_000).toFixed(1)} s, seed ${options.seed}`);
  report('disturbances', `${count('kill')} kills, ${count('stop')} stops, ${count('redis')} Redis restarts`);
  const wanted = 'wanted p50 < 1500 ms, p99 < 3000 ms';
  report('from the kill to the next commit', `${describeTimes(takeovers.map(({ tookMs }) => tookMs))}; ${wanted}`);
  const undisturbed = takeovers.filter(({ isUndisturbed }) => isUndisturbed);
  report('the same with nothing else amiss', `${describeTimes(undisturbed.map(({ tookMs }) => tookMs))}; ${wanted}`);
  report('effects', `${JSON.stringify(effects.counts)}, answers of the human ${JSON.stringify(human.answers)}`);
  report('connections of streaming clients', `${connections}; failed attempts ${JSON.stringify(Object.fromEntries(caller.failures))}`);
  t.ok(kills.length > 0 && takeovers.length > 0, 'processes were killed and runs taken over');
}

/** Eight model calls; what they call differs from run to run. */
function makePlan(run: string, random: Random): RunPlan {
  const menu = ['p', 'p', 'pp', 'i', 'i', 'o', 'o', 'pi', 'io'];
  const steps = Array.from({ length: 7 }, () => random.pick(menu));
  return { run, steps, pieces: 3, pieceMs: 15 + random.below(25), effectMs: random.chance(0.15) ? 250 : random.below(30) };
}
