/** `branch-child <redis url> <database file> <effect server url> <lease ms> <branches>`: a worker and keeper with branching agents, to be killed. */
import { systemClock } from '../../src/base/clock.js';
import { newId } from '../../src/base/ids.js';
import { silentLogger } from '../../src/observe/log.js';
import { createMetrics } from '../../src/observe/metrics.js';
import { Keeper } from '../../src/steps/keeper.js';
import { RunningTasks } from '../../src/steps/running-tasks.js';
import { BullStepQueue } from '../../src/steps/step-queue.js';
import { StepWorker } from '../../src/steps/step-worker.js';
import { openDatabase } from '../../src/storage/sql/database.js';
import { SqlTaskStore } from '../../src/storage/sql/sql-task-store.js';
import { createBranchAgents } from './branch-agents.js';
import { startRedisProcess } from './redis-process.js';
import { sqliteSettings } from './temp-database.js';
import { storageSettings } from './test-settings.js';

const [redisUrl, file, outsideUrl, leaseMs, branches] = process.argv.slice(2) as [string, string, string, string, string];
const shared = { clock: systemClock, log: silentLogger, metrics: createMetrics() };
const store = new SqlTaskStore(await openDatabase(sqliteSettings(file), { name: 'child', ...shared }));
// It only ever ends by being killed.
const coordination = await startRedisProcess({ teardown: () => undefined }, redisUrl, { leaseMs: Number(leaseMs) });
const { connections, leases, publisher, progress } = coordination;
const queue = new BullStepQueue({ connection: connections.forQueue(), prefix: 'test', maxWaiting: 1_000, ...shared });
new Keeper({ store, retention: storageSettings().retention, leases, queue, publisher, moveSessions: undefined, ...shared });
const agents = createBranchAgents(outsideUrl, Number(branches));
const worker = new StepWorker({
  ...{ connect: () => connections.forWorker(), disconnect: async () => {}, prefix: 'test', concurrency: 4, stallAfterMs: 30_000, progress },
  nextWaitingMs: () => queue.nextWaitingMs(),
  dependencies: {
    ...{ store, leases, publisher, queue, running: new RunningTasks(), ...shared },
    ...{ worker: newId(), timeSliceMs: 1_000, checkpoint: storageSettings().checkpoint },
    getAgent: async (_, name) => agents.get(name) ?? Promise.reject(new Error(`no agent ${name}`)),
  },
});
await worker.ready();
process.stdout.write('ready\n');
