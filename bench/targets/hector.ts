import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPidsWith } from '../frame/process-usage.js';
import { freePort, startProgram, stopProgram, type Target } from './target.js';

export interface HectorTargetOptions {
  /** Default: `hector`. */
  readonly name?: string;
  /** The front's adapter. Default: `uws`. */
  readonly http?: 'uws' | 'node';
  /** Text behind the configuration. Default: none. */
  readonly extra?: string;
  /** The program. Default: the one of this build, as users run it. */
  readonly main?: string;
  /** Within the block `server`, as YAML in one line. Default: nothing. */
  readonly server?: string;
  /** A process for each; the first has the front. Default: one process with all roles. */
  readonly roles?: readonly string[];
  /** Models beside `default`, as YAML in one line. Default: none. */
  readonly llms?: string;
  /** Agents, as YAML. Default: one with the offline model. */
  readonly agents?: string;
}

/** Hector on embedded defaults: every message is committed, queued and streamed through Redis. */
export function hectorTarget({
  name = 'hector',
  http = 'uws',
  extra = '',
  server = '',
  llms = '',
  main = MAIN,
  roles = [''],
  agents = AGENTS,
}: HectorTargetOptions = {}): Target {
  return {
    name,
    async start() {
      const directory = await mkdtemp(path.join(tmpdir(), 'hector-bench-'));
      const port = await freePort();
      const text = `version: "2"\nllms: { default: { provider: offline }${llms === '' ? '' : `, ${llms}`} }\n${agents}server: { host: 127.0.0.1, port: ${port}, http: ${http}${server === '' ? '' : `, ${server}`} }\n${extra}`;
      await writeFile(path.join(directory, 'hector.yaml'), text);
      const children: ChildProcess[] = [];
      for (const [index, role] of roles.entries())
        children.push(
          await startProgram(
            [
              main,
              'serve',
              '--config',
              path.join(directory, 'hector.yaml'),
              '--log-level',
              'warn',
              ...(role === '' ? [] : ['--roles', role]),
            ],
            // Only a front says on its port that it is ready; that one also waits for a worker's beat.
            { cwd: directory, ...(index === roles.length - 1 ? { readyUrl: `http://127.0.0.1:${port}/health/ready` } : {}) },
          ),
        );
      const url = `http://127.0.0.1:${port}/agents/assistant`;
      return {
        url,
        cardUrl: `${url}/.well-known/agent-card.json`,
        // Its Redis has the folder in its command line, too.
        pids: await findPidsWith(directory),
        databasePath: path.join(directory, '.hector', 'hector.db'),
        async close() {
          // The front last: it is what others are asked through.
          for (const child of children.reverse()) await stopProgram(child);
          await rm(directory, { recursive: true, force: true });
        },
      };
    },
  };
}

const MAIN = fileURLToPath(new URL('../../bundle/main.js', import.meta.url));
const AGENTS = 'agents: { assistant: { llm: default, instruction: Answer briefly. } }\n';
