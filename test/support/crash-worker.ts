/** A worker of the crash matrix as a process of its own: `crash-worker <job as JSON>`, with `HECTOR_FAULT_POINTS` in its environment. */
import { systemClock } from '../../src/base/clock.js';
import { armFaultPointsFromEnvironment } from '../../src/config/environment.js';
import type { DatabaseSettings } from '../../src/config/settings.js';
import { silentLogger } from '../../src/observe/log.js';
import { openDatabase } from '../../src/storage/sql/database.js';
import { type CrashAct, type CrashWorkerOptions, createCrashWorker } from './crash-rig.js';

export interface CrashJob {
  readonly settings: DatabaseSettings;
  readonly worker: Omit<CrashWorkerOptions, 'database' | 'name'>;
  readonly act: CrashAct;
}

const job = JSON.parse(process.argv[2] ?? '') as CrashJob;
const database = await openDatabase(job.settings, { log: silentLogger, clock: systemClock });
const worker = createCrashWorker({ ...job.worker, database, name: 'first' });
armFaultPointsFromEnvironment();
await worker.act(job.act);
await database.close();
