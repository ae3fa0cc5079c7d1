import { fileURLToPath } from 'node:url';
import { freePort, startProgram, stopProgram, type Target } from './target.js';

/** The official JS SDK's server on Express with its in-memory task store: nothing survives it, nothing is queued. */
export const jsSdkTarget: Target = {
  name: 'a2a-js-sdk',
  async start() {
    const port = await freePort();
    const cardUrl = `http://127.0.0.1:${port}/.well-known/agent-card.json`;
    const child = await startProgram([fileURLToPath(new URL('./js-sdk-server.js', import.meta.url)), String(port)], { readyUrl: cardUrl });
    return { url: `http://127.0.0.1:${port}/a2a`, cardUrl, pids: [child.pid as number], close: () => stopProgram(child) };
  },
};
