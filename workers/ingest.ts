/** The role `ingest` as a process of its own: `node dist/bundle/workers/ingest.js [--config …]`, the same as `hector serve --roles ingest`. */
import { startProcess } from '../src/cli/start-process.js';

await startProcess(['serve', '--roles', 'ingest', ...process.argv.slice(2)]);
