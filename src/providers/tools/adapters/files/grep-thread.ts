/** Entry of the search's thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { toAppError } from '../../../../base/errors.js';
import { grepFiles } from './grep-files.js';
import type { GrepMessage } from './grep-search.js';

const port = parentPort;
if (port === null) throw new Error('grep-thread.js is the entry of a thread');
const send = (message: GrepMessage) => port.postMessage(message);
try {
  send({ type: 'end', end: await grepFiles(workerData, (found) => send({ type: 'found', found })) });
} catch (error) {
  const { code, message } = toAppError(error);
  send({ type: 'failed', code, message });
}
