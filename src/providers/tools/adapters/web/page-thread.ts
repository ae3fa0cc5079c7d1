/** Entry of the thread that reads a page. */
import { parentPort, workerData } from 'node:worker_threads';
import { extractPage } from './extract-page.js';
import type { PageSource } from './read-page.js';

const port = parentPort;
if (port === null) throw new Error('page-thread.js is the entry of a thread');
port.postMessage(extractPage(workerData as PageSource));
