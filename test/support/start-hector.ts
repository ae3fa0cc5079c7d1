/** Starts the whole of Hector for a test: in this process, or as programs of their own that can be killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Test } from 'tap';
import type { JsonObject } from '../../src/base/json.js';
import { type Hector, startHector } from '../../src/compose.js';
import { loadSettings } from '../../src/config/load-settings.js';
import { type Logger, silentLogger } from '../../src/observe/log.js';
import type { Extensions } from '../../src/runtime/extensions.js';
import type { Role } from '../../src/runtime/hector.js';
import { bundledProgram } from './bundled-program.js';

const ALL_ROLES: readonly Role[] = ['front', 'agent', 'ingest', 'keeper'];

export interface TestHectorOptions {
  /** The configuration, as the YAML file would say it. `server.host`, a free port and no grace period are filled in. */
  readonly config?: JsonObject;
  readonly roles?: readonly Role[];
  readonly extensions?: Extensions;
  /** State folder's parent; several Hectors of one test share it. Default: a new one. */
  readonly directory?: string;
  /** Default: nobody reads it. */
  readonly log?: Logger;
}

/** In this process. Closed with the test. */
export async function startTestHector(t: Test, options: TestHectorOptions = {}): Promise<Hector & { readonly directory: string }> {
  const directory = options.directory ?? (await temporaryDirectory(t));
  const settings = loadSettings({ overrides: withServer(options.config ?? {}, 0), workingDirectory: directory, environment: {} });
  const hector = await startHector(settings, {
    roles: new Set(options.roles ?? ALL_ROLES),
    log: options.log ?? silentLogger,
    ...(options.extensions === undefined ? {} : { extensions: options.extensions }),
  });
  t.teardown(() => hector.close());
  return Object.assign(Object.create(hector) as Hector, { directory });
}

export interface HectorProgram {
  readonly child: ChildProcess;
  /** '' without the front role. */
  readonly url: string;
  /** What it wrote to stderr so far. */
  output(): string;
  /** Resolves with the exit code or the signal's name. */
  readonly exited: Promise<number | string>;
}

export interface ProgramOptions {
  readonly config?: JsonObject;
  readonly roles?: readonly Role[];
  readonly directory: string;
  readonly environment?: Record<string, string>;
  /** Port to serve on; default a free one. */
  readonly port?: number;
  /** Compiled program that takes the arguments of `hector serve`; default Hector itself. */
  readonly program?: string;
}

/** `hector serve` as a process of its own, ready. Killed with the test. */
export async function spawnHector(t: Test, options: ProgramOptions): Promise<HectorProgram> {
  const port = options.port ?? (await freePort());
  const name = `hector-${port}.json`;
  await writeFile(path.join(options.directory, name), JSON.stringify(withServer(options.config ?? {}, port)));
  const main = options.program ?? bundledProgram();
  const roles = options.roles ?? ALL_ROLES;
  const child = spawn(process.execPath, [main, 'serve', '--config', name, '--roles', roles.join(',')], {
    cwd: options.directory,
    env: { PATH: process.env['PATH'], HOME: options.directory, ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const ready = new Promise<void>((resolve, reject) => {
    const listen = (text: string) => {
      output += text;
      if (/^Roles: /m.test(output)) resolve();
    };
    child.stdout?.setEncoding('utf8').on('data', listen);
    child.stderr?.setEncoding('utf8').on('data', listen);
    child.once('exit', (code, signal) => reject(new Error(`hector ended (${code ?? signal}) before it was ready:\n${output}`)));
  });
  const exited = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  t.teardown(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await exited;
  });
  await ready;
  return { child, url: roles.includes('front') ? `http://127.0.0.1:${port}` : '', output: () => output, exited };
}

export async function temporaryDirectory(t: Test): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'hector-test-'));
  t.teardown(() => rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }));
  return directory;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

function withServer(config: JsonObject, port: number): JsonObject {
  return { ...config, server: { host: '127.0.0.1', port, drain_delay_ms: 0, ...(config['server'] as JsonObject | undefined) } };
}
