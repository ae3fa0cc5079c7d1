/** The role `keeper` as a process of its own: `node dist/bundle/workers/keeper.js [--config …]`, the same as `hector serve --roles keeper`. */
import { startProcess } from '../src/cli/start-process.js';

await startProcess(['serve', '--roles', 'keeper', ...process.argv.slice(2)]);
