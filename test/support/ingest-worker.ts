/** `ingest-worker <options as JSON> [<fault points>]`: a process with the role `ingest`, to be killed. */
import { armFaultPoints } from '../../src/base/fault-points.js';
import { openSharedIngest, type SharedIngestOptions } from './shared-ingest.js';

const [options, faults] = process.argv.slice(2) as [string, string | undefined];
if (faults !== undefined && faults !== '') armFaultPoints(faults);
const rig = await openSharedIngest(JSON.parse(options) as SharedIngestOptions);
await rig.knowledge.ingester.start();
process.stdout.write('ready\n');
// Ends with its parent.
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
