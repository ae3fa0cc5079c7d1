/** The role `ingest` as a process of its own: `node dist/bundle/workers/ingest.js [--config …]`, the same as `hector serve --roles ingest`. */
import { runProcess } from '../src/cli/run-process.js';

await runProcess(['serve', '--roles', 'ingest', ...process.argv.slice(2)]);
