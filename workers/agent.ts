/** The role `agent` as a process of its own: `node dist/bundle/workers/agent.js [--config …]`, the same as `hector serve --roles agent`. */
import { startProcess } from '../src/cli/start-process.js';

await startProcess(['serve', '--roles', 'agent', ...process.argv.slice(2)]);
