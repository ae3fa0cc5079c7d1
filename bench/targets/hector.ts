import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { residentMiB } from './memory.js';
import { freePort, startProgram, stopProgram, type Target } from './target.js';

export interface HectorTargetOptions {
  /** Text behind the configuration. Default: none. */
  readonly extra?: string;
  /** The program. Default: the one of this build. */
  readonly main?: string;
}

/** Hector on embedded defaults: every message is committed, queued and streamed through Redis. `http` picks the front's adapter. */
export function hectorTarget(http: 'uws' | 'node', { extra = '', main = MAIN }: HectorTargetOptions = {}): Target {
  return {
    name: `hector-${http}`,
    async start() {
      const directory = await mkdtemp(path.join(tmpdir(), 'hector-bench-'));
      const port = await freePort();
      await writeFile(path.join(directory, 'hector.yaml'), `${configText(port, http)}${extra}`);
      const child = await startProgram([main, 'serve', '--config', 'hector.yaml', '--log-level', 'warn'], {
        cwd: directory,
        readyUrl: `http://127.0.0.1:${port}/health/ready`,
      });
      return {
        url: `http://127.0.0.1:${port}/agents/assistant`,
        pid: child.pid,
        residentMiB: () => residentMiB(child.pid),
        async close() {
          await stopProgram(child);
          await rm(directory, { recursive: true, force: true });
        },
      };
    },
  };
}

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));

function configText(port: number, http: 'uws' | 'node'): string {
  return `version: "2"
llms:
  default: { provider: offline }
agents:
  assistant: { llm: default, instruction: Answer briefly. }
server: { host: 127.0.0.1, port: ${port}, http: ${http} }
`;
}
