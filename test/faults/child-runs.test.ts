/** Branches on several worker processes that are killed at random: each does its one thing once, and the join happens once (R1–R5, R7). */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { systemClock } from '../../src/base/clock.js';
import { silentLogger } from '../../src/observe/log.js';
import { isTerminal } from '../../src/protocol/task-state.js';
import { BullStepQueue } from '../../src/steps/step-queue.js';
import { SqlTaskStore } from '../../src/storage/sql/sql-task-store.js';
import { createAcceptMessage } from '../../src/tasks/accept-message.js';
import type { TaskRecord } from '../../src/tasks/task-store.js';
import { callIdsOf } from '../support/branch-agents.js';
import { plannedId } from '../support/chaos/run-plan.js';
import { type EffectServer, startEffectServer } from '../support/effect-server.js';
import { startRedisProcess } from '../support/redis-process.js';
import { createSqlite } from '../support/temp-database.js';
import { startTempRedis } from '../support/temp-redis.js';

const RUNS = process.env['HECTOR_LONG'] === '1' ? 40 : 3;
const BRANCHES = 8;
const LEASE_MS = 900;

t.test('eight branches on three workers that are killed at random until the end', { timeout: 60_000 + RUNS * 20_000 }, async (t) => {
  const rig = await startRig(t);
  let kills = 0;
  for (let index = 0; index < RUNS; index++) {
    const name = `run${index}`;
    const task = await rig.accept(name);
    let isOver = false;
    const killing = (async () => {
      while (!isOver) {
        await sleep(50 + Math.random() * 250);
        if (isOver) return;
        kills += 1;
        await rig.killOne();
      }
    })();
    const ended = await rig.untilEnded(task);
    isOver = true;
    await killing;
    t.equal(ended.state, 'TASK_STATE_COMPLETED');
    const events = await rig.store.events(task.id, 0, 10_000);
    t.same(
      events.map(({ seq }) => seq),
      events.map((_, at) => at + 1),
      'gapless (R4)',
    );
    const last = events.at(-1);
    const answer = last?.type === 'status.changed' ? last.status.message?.parts[0]?.text : '';
    t.equal(
      answer,
      Array.from({ length: BRANCHES }, (_, at) => `b${at} TASK_STATE_COMPLETED ${name}-${at} is done`).join('\n'),
      'the same answer as without a death',
    );
    for (let at = 0; at < BRANCHES; at++) t.equal(rig.outside.callsOf(`${name}-${at}`).tool, 1, `${name}-${at} acted once (R7)`);
    t.equal((await rig.store.descendants(task.id)).length, BRANCHES);
  }
  t.comment(`${kills} kills over ${RUNS} runs`);
  t.ok(kills >= RUNS, `${kills} kills`);
});

async function startRig(t: Test) {
  const [redis, temp, outside] = await Promise.all([startTempRedis(t), createSqlite(t), startEffectServer()]);
  t.teardown(() => outside.close());
  const store = new SqlTaskStore(await temp.open());
  const { connections, publisher, cancels: signals } = await startRedisProcess(t, redis.url);
  const shared = { clock: systemClock, log: silentLogger };
  const queue = new BullStepQueue({ connection: connections.forQueue(), prefix: 'test', maxWaiting: 1_000, ...shared });
  t.teardown(() => queue.close());
  const acceptMessage = createAcceptMessage({ store, queue, publisher, signals, clock: systemClock });
  const whose = { agent: 'fan', owner: 'ada', tenant: '', configVersion: '0' };
  const args = [redis.url, temp.settings.database, outside.url, String(LEASE_MS), String(BRANCHES)];
  const workers: ChildProcess[] = [];
  const startWorker = async () => {
    const child = spawn(process.execPath, [WORKER, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    workers.push(child);
    await once(child.stdout as NodeJS.ReadableStream, 'data');
  };
  t.teardown(() => {
    for (const child of workers) child.kill('SIGKILL');
  });
  await Promise.all([startWorker(), startWorker(), startWorker()]);
  return {
    store,
    outside,
    accept: (text: string) => acceptMessage({ ...whose, message: { messageId: text, role: 'ROLE_USER', parts: [{ text }] } }),
    async killOne() {
      const [child] = workers.splice(Math.floor(Math.random() * workers.length), 1);
      child?.kill('SIGKILL');
      await startWorker();
    },
    /** Answers what it asks, as somebody who looks at the world first. */
    async untilEnded({ id, contextId }: TaskRecord): Promise<TaskRecord> {
      for (;;) {
        const record = (await store.find(id, 'ada')) as TaskRecord;
        if (isTerminal(record.state)) return record;
        if (record.state === 'TASK_STATE_INPUT_REQUIRED') {
          const callId = await findQuestion(store, record);
          const data = { type: 'tool_outcome', tool_call_id: callId, outcome: isDone(outside, plannedId(callId)) ? 'done' : 'retry' };
          const message = { messageId: `${id}-${record.seq}`, taskId: id, contextId, role: 'ROLE_USER', parts: [{ data }] } as const;
          await acceptMessage({ ...whose, message });
        }
        await sleep(20);
      }
    },
  };
}

async function findQuestion(store: SqlTaskStore, { id, seq }: TaskRecord): Promise<string> {
  const [event] = await store.events(id, seq - 1);
  return callIdsOf(event?.type === 'status.changed' ? (event.status.message?.parts ?? []) : [])[0] ?? '';
}

function isDone(outside: EffectServer, name: string): boolean {
  return outside.callsOf(name).tool > 0;
}

const WORKER = fileURLToPath(new URL('../support/branch-child.js', import.meta.url));
