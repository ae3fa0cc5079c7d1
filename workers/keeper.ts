/** The role `keeper` as a process of its own: `node dist/bundle/workers/keeper.js [--config …]`, the same as `hector serve --roles keeper`. */
import { runProcess } from '../src/cli/run-process.js';

await runProcess(['serve', '--roles', 'keeper', ...process.argv.slice(2)]);
