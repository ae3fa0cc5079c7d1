/**
 * Processes of `program.ts` that are killed, stopped and started again. Each place in the cluster keeps its roles; a process
 * that starts there anew has a port of its own. Everything ends with the test.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import type { JsonObject } from '../../../src/base/json.js';

export interface Place {
  readonly name: string;
  readonly roles: readonly string[];
  /** '' while no process with a front is ready here. A stopped one keeps its address. */
  url: string;
  /** Of the running process, 0 when there is none. */
  pid: number;
}

export interface ClusterOptions {
  readonly directory: string;
  readonly config: JsonObject;
  readonly environment: Readonly<Record<string, string>>;
  /** More of it for the first process of a place. */
  readonly firstEnvironments?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly places: Readonly<Record<string, readonly string[]>>;
  /** More of it for a process that starts now. */
  environmentNow?(place: Place): Readonly<Record<string, string>>;
  /** A process has ended, whoever ended it; it may not have been ready yet. `how`: exit code or signal. */
  onEnd?(place: Place, pid: number, how: number | string): void;
}

/** The newest beginning of a step that a process told of. */
export interface Beginning {
  readonly place: string;
  readonly pid: number;
  readonly step: number;
  readonly at: number;
}

export interface Cluster {
  readonly places: readonly Place[];
  /** By run. */
  readonly beginnings: ReadonlyMap<string, Beginning>;
  /** Names of the places that called a tool, by call id. */
  readonly callers: ReadonlyMap<string, readonly string[]>;
  /** Addresses of the fronts, dead or alive: as much as a client knows. */
  fronts(): readonly string[];
  /** Resolves when the process is ready. */
  start(place: Place): Promise<void>;
  /** Resolves when the process has ended, with its exit code or the signal's name. */
  end(place: Place, signal: 'SIGKILL' | 'SIGTERM'): Promise<number | string>;
  /** SIGSTOP, SIGCONT. */
  signal(place: Place, signal: NodeJS.Signals): void;
  /** What processes that start from now on read. */
  writeConfig(config: JsonObject): Promise<void>;
  /** The newest lines of all logs, for failures. */
  logTail(): string;
}

export async function startCluster(t: Test, options: ClusterOptions): Promise<Cluster> {
  const { directory, config, environment, firstEnvironments = {}, places: layout } = options;
  const places: Place[] = Object.entries(layout).map(([name, roles]) => ({ name, roles, url: '', pid: 0 }));
  const children = new Map<Place, ChildProcess>();
  const beginnings = new Map<string, Beginning>();
  const callers = new Map<string, string[]>();
  const log: string[] = [];
  let isOver = false;

  const cluster: Cluster = {
    places,
    beginnings,
    callers,
    fronts: () => places.map(({ url }) => url).filter((url) => url !== ''),
    async start(place) {
      if (isOver) return;
      const args = [PROGRAM, 'serve', '--config', CONFIG_FILE, '--roles', place.roles.join(',')];
      const env = {
        PATH: process.env['PATH'],
        HOME: directory,
        LOG_LEVEL: 'info',
        ...environment,
        ...(children.has(place) ? {} : firstEnvironments[place.name]),
        ...options.environmentNow?.(place),
      };
      const child = spawn(process.execPath, args, { cwd: directory, env, stdio: ['pipe', 'pipe', 'pipe'] });
      children.set(place, child);
      const pid = child.pid ?? 0;
      const note = (line: string) => {
        log.push(`${new Date().toISOString()} ${place.name} ${line}`);
        if (log.length > LOG_LINES) log.splice(0, LOG_LINES / 2);
      };
      createInterface({ input: child.stderr }).on('line', note);
      await new Promise<void>((resolve, reject) => {
        createInterface({ input: child.stdout }).on('line', (line) => {
          const [word, run = '', step = ''] = line.split(' ');
          if (word === 'begin') beginnings.set(run, { place: place.name, pid, step: Number(step), at: Date.now() });
          if (word === 'call') callers.set(run, [...(callers.get(run) ?? []), place.name]);
          const url = /^Agents: +(\S+)\/agents$/.exec(line)?.[1];
          if (url !== undefined) place.url = url;
          if (/^Redis:/.test(line)) resolve();
        });
        child.once('exit', (code, signal) => {
          place.pid = 0;
          note(`ended: ${code ?? signal}`);
          if (!isOver) options.onEnd?.(place, pid, code ?? signal ?? '');
          reject(new Error(`${place.name} ended (${code ?? signal}) before it was ready:\n${log.slice(-30).join('\n')}`));
        });
        place.pid = pid;
      });
    },
    async end(place, signal) {
      const child = children.get(place);
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return 'ended before';
      const exited = once(child, 'exit');
      child.kill(signal);
      const [code, name] = (await exited) as [number | null, string | null];
      return code ?? name ?? '';
    },
    signal: (place, signal) => void children.get(place)?.kill(signal),
    writeConfig: (next) => writeFile(path.join(directory, CONFIG_FILE), JSON.stringify(next)),
    logTail: () => log.slice(-200).join('\n'),
  };

  t.teardown(async () => {
    isOver = true;
    await Promise.all(places.map((place) => cluster.end(place, 'SIGKILL')));
  });
  await cluster.writeConfig(config);
  // The first one makes the tables.
  const [first, ...rest] = places;
  if (first !== undefined) await cluster.start(first);
  await Promise.all(rest.map((place) => cluster.start(place)));
  return cluster;
}

const PROGRAM = fileURLToPath(new URL('./program.js', import.meta.url));
const CONFIG_FILE = 'hector.json';
const LOG_LINES = 4_000;
