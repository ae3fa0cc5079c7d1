/** The role `agent` as a process of its own: `node dist/bundle/workers/agent.js [--config …]`, the same as `hector serve --roles agent`. */
import { runProcess } from '../src/cli/run-process.js';

await runProcess(['serve', '--roles', 'agent', ...process.argv.slice(2)]);
