/** Flows of agents on three processes that are killed again and again; each ends as the first one did, which nobody disturbed. */
import { setMaxListeners } from 'node:events';
import type { Test } from 'tap';
import type { DatabaseSettings } from '../../../src/config/settings.js';
import type { WireTask } from '../a2a-client.js';
import { reportFigure } from '../long-form.js';
import { createRandom } from '../random.js';
import { temporaryDirectory } from '../start-hector.js';
import { startTempRedis } from '../temp-redis.js';
import { createBalancedCaller } from './balanced-call.js';
import { checkEffects } from './check-effects.js';
import { checkFlow, findFlow, readFlowOutcome } from './check-flow.js';
import { startCluster } from './cluster.js';
import { databaseConfig } from './database-config.js';
import { describeProblems } from './describe-problems.js';
import { startEffectWorld } from './effect-world.js';
import { FLOW_AGENTS, FLOW_LLMS, flowEffects, flowRunName } from './flow-models.js';
import { createHuman } from './human.js';
import { createKillStorm } from './kill-storm.js';
import { readStoredRuns } from './read-runs-sql.js';
import { followRun, type RunResult } from './run-client.js';
import { describeTimes, findTakeovers, type Kill, recordKill } from './takeovers.js';

export interface FlowKillOptions {
  readonly database: DatabaseSettings;
  readonly kills: number;
  readonly everyMs: number;
  /** Flows at a time. */
  readonly lanes: number;
  readonly seed: number;
  /** From the start to the last flow's end. */
  readonly limitMs: number;
}

const ROLES = ['front', 'agent', 'keeper'];

export async function runFlowKills(t: Test, { database, kills: wanted, everyMs, lanes, seed, limitMs }: FlowKillOptions): Promise<void> {
  const random = createRandom(seed);
  const [directory, redis, world] = await Promise.all([temporaryDirectory(t), startTempRedis(t), startEffectWorld(t)]);
  const kills: Promise<Kill>[] = [];
  const storm = createKillStorm({
    ...{ random, kills: wanted, everyMs },
    onKill: (pid, at) => kills.push(recordKill(database, at, pid, cluster.beginnings)),
  });
  const cluster = await startCluster(t, {
    directory,
    environment: { EFFECT_SERVER_URL: world.url },
    environmentNow: storm.environmentNow,
    onEnd: storm.onEnd,
    places: { one: ROLES, two: ROLES, three: ROLES },
    config: {
      agents: FLOW_AGENTS,
      llms: FLOW_LLMS,
      redis: { url: redis.url },
      queue: { lease_ms: 1_000 },
      databases: { main: databaseConfig(database) },
      storage: { database: 'main' },
      server: { host: '127.0.0.1', port: 0, drain_delay_ms: 0, limits: { max_streams_per_caller: 1_000, keep_alive_ms: 500 } },
    },
  });
  const caller = createBalancedCaller(cluster, 'flow');
  t.teardown(() => caller.close());
  const signal = AbortSignal.timeout(limitMs);
  setMaxListeners(0, signal);
  const human = createHuman(caller, world, signal);
  const results: RunResult[] = [];
  const follow = async (): Promise<RunResult> => {
    const plan = { run: `r${started++}.`, steps: [], pieces: 0, pieceMs: 40, effectMs: random.below(80) };
    const result = await followRun(plan, { caller, human, signal, streamSilenceMs: 2_500, callSilenceMs: 4_000 });
    results.push(result);
    return result;
  };
  const getTask = async ({ taskId }: RunResult): Promise<WireTask | undefined> => {
    const reply = await caller.call('GetTask', { id: taskId }, { silenceMs: 4_000, signal: AbortSignal.timeout(30_000) });
    return reply.result as WireTask | undefined;
  };
  let started = 0;

  const calm = await follow();
  const calmTask = await getTask(calm);
  if (calmTask === undefined) throw new Error(`the flow without kills is not there: ${calm.problems.join('\n')}\n${cluster.logTail()}`);
  const outcome = readFlowOutcome(calm, calmTask);
  t.equal(outcome.answer, ANSWER, 'the flow without kills says what it should');

  const startedAt = performance.now();
  let isOver = false;
  // A machine too slow for so many kills still ends its flows, and says how many there were.
  const raging = storm.run(cluster, AbortSignal.timeout(limitMs * 0.8)).finally(() => {
    isOver = true;
  });
  const lane = async () => {
    while (!isOver) if ((await follow()).state !== 'TASK_STATE_COMPLETED') return;
  };
  await Promise.all([raging, ...Array.from({ length: lanes }, lane)]);
  const tookMs = performance.now() - startedAt;

  const stored = await readStoredRuns(database);
  const problems: { run: RunResult; found: readonly string[] }[] = [];
  for (const result of results) {
    const found = checkFlow(result, findFlow(stored, result.taskId), await getTask(result), outcome);
    if (found.length > 0) problems.push({ run: result, found });
  }
  if (problems.length > 0) t.comment(describeProblems(problems, stored, storm.done, cluster.logTail()));
  t.equal(problems.length, 0, `all ${results.length} flows ended as without kills (R1–R5)`);
  const effects = checkEffects(
    results.flatMap(({ plan }) => flowEffects(plan.run)),
    await world.report(),
  );
  t.same(effects.problems.slice(0, 20), [], 'each once effect happened once (R7)');
  t.equal([...stored.values()].filter(({ parentId }) => parentId === '').length, results.length, 'one task for each message (R1, R11)');

  const held = results.flatMap(({ plan, taskId }) => {
    const flow = findFlow(stored, taskId);
    const runs = flow === undefined ? [] : [flow.root, ...flow.below];
    return runs.map(({ id, agent }) => ({ run: flowRunName(plan.run, agent === 'flow' ? 'lead' : agent), taskId: id }));
  });
  const takeovers = findTakeovers(await Promise.all(kills), held, stored, storm.done);
  const report = (name: string, value: string) => reportFigure(t, `agents, ${database.driver}, ${name}`, value);
  const stepsOf = [...stored.values()].reduce((sum, { step }) => sum + step, 0);
  report('flows', `${results.length} of ${stored.size} runs and ${stepsOf} steps in ${(tookMs / 1_000).toFixed(1)} s, seed ${seed}`);
  report('kills', `${storm.done.length}, of them at fault points ${storm.atPoints()}; runs taken over ${takeovers.length}`);
  report('from the kill to the next commit', describeTimes(takeovers.map(({ tookMs }) => tookMs)));
  const undisturbed = takeovers.filter(({ isUndisturbed }) => isUndisturbed);
  report('the same with nothing else amiss', describeTimes(undisturbed.map(({ tookMs }) => tookMs)));
  report('effects', `${JSON.stringify(effects.counts)}, answers of the human ${JSON.stringify(human.answers)}`);
  t.same(storm.crashes, [], 'no process ended that nobody killed');
  t.ok(storm.done.length >= wanted, `${storm.done.length} of ${wanted} kills`);
  t.ok(takeovers.length > 0, 'runs were taken over');
}

/** What the last agent has read, of everybody, in order. */
const ANSWER = [
  'All of it:',
  "[Message from agent 'lead']: I ask around. ",
  "[Message from agent 'lead']: lead: <run>-lead-p is done, <run>-lead-o is done, scout: <run>-scout-p is done, clerk: <run>-clerk-o is done",
  "[Message from agent 'team']: [ann]",
  'ann: <run>-ann-o is done',
  '',
  '[bob]',
  'bob: <run>-bob-o is done',
  '',
  '[cid]',
  'cid: <run>-cid-o is done',
  "[Message from agent 'writer']: writer 1: <run>-writer-1-o is done",
  "[Message from agent 'critic']: critic 1: read",
  "[Message from agent 'writer']: writer 2: <run>-writer-2-o is done",
  "[Message from agent 'critic']: critic 2: read",
  "[Message from agent 'writer']: writer 3: <run>-writer-3-o is done",
  "[Message from agent 'critic']: critic 3: read",
].join('\n');
