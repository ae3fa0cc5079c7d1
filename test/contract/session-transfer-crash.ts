/** A process that dies while it moves session messages: `session-transfer-crash <both settings as JSON> <fault points>`. */
import { systemClock } from '../../src/base/clock.js';
import { armFaultPoints } from '../../src/base/fault-points.js';
import type { DatabaseSettings } from '../../src/config/settings.js';
import { silentLogger } from '../../src/observe/log.js';
import { openDatabase } from '../../src/storage/sql/database.js';
import { SessionTransfer } from '../../src/storage/sql/session-transfer.js';

const [settingsJson = '', faultPoints = ''] = process.argv.slice(2);
const open = (settings: DatabaseSettings) => openDatabase(settings, { log: silentLogger, clock: systemClock });
const [runs, sessions] = await Promise.all((JSON.parse(settingsJson) as [DatabaseSettings, DatabaseSettings]).map(open));
if (runs === undefined || sessions === undefined) throw new Error('two databases are wanted');
armFaultPoints(faultPoints);
await new SessionTransfer({ runs, sessions, clock: systemClock, log: silentLogger }).tick();
await Promise.all([runs.close(), sessions.close()]);
