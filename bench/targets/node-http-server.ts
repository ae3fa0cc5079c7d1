/** Answers every request with the same completed task, from memory. Argument: the port. */
import { createServer } from 'node:http';

const artifact = { artifactId: 'response', parts: [{ text: 'You said something; here is an answer of about one line of text.' }] };
const task = { id: 't1', contextId: 'c1', status: { state: 'TASK_STATE_COMPLETED' }, artifacts: [artifact] };
const body = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { task } });

createServer((request, response) => {
  request
    .on('end', () => response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body))
    .resume();
}).listen(Number(process.argv[2]), '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
