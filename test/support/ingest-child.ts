/** `ingest-child <folder> <state folder> <fault points>`: an ingest of its own process, to be killed in the middle. */
import { armFaultPoints } from '../../src/base/fault-points.js';
import { openRig } from './knowledge-rig.js';

const [folder, stateFolder, faults] = process.argv.slice(2) as [string, string, string];
armFaultPoints(faults);
const rig = await openRig({ folder, stateFolder });
await rig.ingest();
await rig.close();
