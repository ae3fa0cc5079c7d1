import { fileURLToPath } from 'node:url';
import { residentMiB } from './memory.js';
import { freePort, startProgram, stopProgram, type Target } from './target.js';

/** The official JS SDK's server on Express with its in-memory task store: nothing survives it, nothing is queued. */
export const jsSdkTarget: Target = {
  name: 'a2a-js-sdk-express',
  async start() {
    const port = await freePort();
    const entry = fileURLToPath(new URL('./js-sdk-server.js', import.meta.url));
    const child = await startProgram([entry, String(port)], { readyUrl: `http://127.0.0.1:${port}/.well-known/agent-card.json` });
    return {
      url: `http://127.0.0.1:${port}/a2a`,
      residentMiB: () => residentMiB(child.pid),
      close: () => stopProgram(child),
    };
  },
};
