/** A worker that is paused between a call's intent and the call, and wakes when somebody else has made it (R3, R7). */
import { readFile } from 'node:fs/promises';
import t from 'tap';
import { createBalancedCaller } from '../support/chaos/balanced-call.js';
import { startCluster } from '../support/chaos/cluster.js';
import { startEffectWorld } from '../support/chaos/effect-world.js';
import { createHuman } from '../support/chaos/human.js';
import { awaitRun } from '../support/chaos/run-client.js';
import { callId } from '../support/chaos/run-plan.js';
import { waitFor } from '../support/coordination-steps.js';
import { temporaryDirectory } from '../support/start-hector.js';
import { startTempRedis } from '../support/temp-redis.js';

t.test('a once call is not made by the worker that wakes after another one made it (R3, R7)', { timeout: 90_000 }, async (t) => {
  const directory = await temporaryDirectory(t);
  const [redis, world] = await Promise.all([startTempRedis(t), startEffectWorld(t)]);
  const cluster = await startCluster(t, {
    directory,
    environment: { EFFECT_SERVER_URL: world.url },
    firstEnvironments: { paused: { HECTOR_FAULT_POINTS: 'ledger.after-record=stop@1' } },
    places: { front: ['front', 'keeper'], paused: ['agent'] },
    config: {
      agents: { worker: {} },
      llms: { default: { provider: 'offline' } },
      redis: { url: redis.url },
      server: { host: '127.0.0.1', port: 0, drain_delay_ms: 0 },
    },
  });
  const caller = createBalancedCaller(cluster, 'worker');
  t.teardown(() => caller.close());
  const [front, paused] = cluster.places;
  if (front === undefined || paused === undefined) throw new Error('two places were asked for');
  const signal = AbortSignal.timeout(80_000);
  const human = createHuman(caller, world, signal);
  const plan = { run: 'letter', steps: ['o'], pieces: 1, pieceMs: 0, effectMs: 0 };
  const answer = awaitRun(plan, { caller, human, signal, streamSilenceMs: 10_000, callSilenceMs: 30_000 });

  await waitFor(() => isStopped(paused.pid), 30_000);
  const successor = { name: 'successor', roles: ['agent'], url: '', pid: 0 };
  await cluster.start(successor);
  t.teardown(() => cluster.end(successor, 'SIGKILL'));
  const { state, problems } = await answer;
  t.same(problems, []);
  t.equal(state, 'TASK_STATE_COMPLETED');
  t.same(human.answers, { done: 0, retry: 1 }, 'the world had not seen the call, so it was made');
  cluster.signal(paused, 'SIGCONT');
  // Its log tells when it has found out; by then it has come to the end of what it had begun.
  await waitFor(() => / paused .*(step was called off|step is dropped|Lost a task)/.test(cluster.logTail()), 20_000);
  await cluster.end(paused, 'SIGTERM');
  t.same(cluster.callers.get(callId('letter', 0, 'o', 0)), ['successor'], 'the one that woke began nothing');
  t.equal((await world.evidence(callId('letter', 0, 'o', 0)))?.applied, 1, 'the letter was sent once');
});

async function isStopped(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8');
  return / [Tt] /.test(status.slice(status.lastIndexOf(')')));
}
