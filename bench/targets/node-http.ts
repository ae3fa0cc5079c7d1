import { fileURLToPath } from 'node:url';
import { freePort, startProgram, stopProgram, type Target } from './target.js';

/** Plain `node:http` that answers everything at once with a finished task: what the runtime and the load generator can do. */
export const nodeHttpTarget: Target = {
  name: 'node:http',
  async start() {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/`;
    const child = await startProgram([fileURLToPath(new URL('./node-http-server.js', import.meta.url)), String(port)], { readyUrl: url });
    return { url, cardUrl: url, pids: [child.pid as number], close: () => stopProgram(child) };
  },
};
