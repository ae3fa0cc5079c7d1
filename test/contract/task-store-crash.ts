/** A process that dies inside a write: `task-store-crash <settings as JSON> <fault points> <message id>`. */
import { systemClock } from '../../src/base/clock.js';
import { armFaultPoints } from '../../src/base/fault-points.js';
import type { DatabaseSettings } from '../../src/config/settings.js';
import { silentLogger } from '../../src/observe/log.js';
import { openDatabase } from '../../src/storage/sql/database.js';
import { SqlTaskStore } from '../../src/storage/sql/sql-task-store.js';
import { sampleAccept, sampleCommit, takeNow } from '../support/run-log-samples.js';

const [settingsJson = '', faultPoints = '', messageId = ''] = process.argv.slice(2);
const database = await openDatabase(JSON.parse(settingsJson) as DatabaseSettings, { log: silentLogger, clock: systemClock });
const store = new SqlTaskStore(database);
armFaultPoints(faultPoints);
const outcome = await store.accept(sampleAccept({ messageId, contextId: messageId }));
if ('task' in outcome) await store.commit(sampleCommit(await takeNow(store, outcome.task.id)));
await database.close();
