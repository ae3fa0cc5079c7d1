/** A Redis of the test's own: private folder, unix socket, gone with the test, also when the test process is killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

export interface TempRedis {
  readonly socketPath: string;
  /** `unix://<socketPath>` */
  readonly url: string;
  /** Process id of the running server. */
  readonly pid: number;
  /** Ends it with SIGTERM and waits; data stay when `appendOnly`. */
  stop(): Promise<void>;
  /** Sends a signal; with SIGKILL it waits for the end. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Starts it again after `stop()` or `kill('SIGKILL')`. */
  restart(): Promise<void>;
}

export interface TempRedisOptions {
  /** Keep data across `restart()`. Default false. */
  readonly appendOnly?: boolean;
  /** More lines for its configuration file, e.g. `--maxmemory-policy allkeys-lru`. */
  readonly arguments?: readonly string[];
}

export async function startTempRedis(
  t: { teardown(dispose: () => Promise<void>): unknown },
  options: TempRedisOptions = {},
): Promise<TempRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'hector-redis-'));
  const socketPath = join(folder, 'redis.sock');
  const flags = [
    ...['--port', '0', '--unixsocket', socketPath, '--dir', folder, '--save', '', '--maxmemory-policy', 'noeviction'],
    ...['--appendonly', options.appendOnly ? 'yes' : 'no', ...(options.arguments ?? [])],
  ];
  let shell: ChildProcess | undefined;
  let pid = 0;

  const start = async () => {
    // The shell outlives a killed test process just long enough to end the server: its input closes then.
    shell = spawn('sh', ['-c', WATCHED, 'redis-server', ...flags], { stdio: ['pipe', 'pipe', 'ignore'] });
    const lines = createInterface({ input: shell.stdout as NodeJS.ReadableStream });
    const [line] = (await once(lines, 'line')) as [string];
    lines.close();
    (shell.stdout as NodeJS.ReadableStream).resume();
    pid = Number(line);
    for (let waitedMs = 0; !(await answers(socketPath)); waitedMs += 10) {
      if (waitedMs > 10_000 || shell.exitCode !== null) throw new Error(`redis-server does not start in ${folder}`);
      await sleep(10);
    }
  };
  const end = async (signal: NodeJS.Signals) => {
    const current = shell;
    if (current === undefined) return;
    shell = undefined;
    const ended = current.exitCode === null ? once(current, 'exit') : undefined;
    if (ended !== undefined) process.kill(pid, signal);
    await ended;
  };

  t.teardown(async () => {
    await end('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  await start();
  return {
    socketPath,
    url: `unix://${socketPath}`,
    get pid() {
      return pid;
    },
    stop: () => end('SIGTERM'),
    async kill(signal) {
      if (signal === 'SIGKILL') await end(signal);
      else process.kill(pid, signal);
    },
    restart: start,
  };
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.on('connect', () => socket.write('PING\r\n'));
    socket.on('data', (data) => {
      socket.destroy();
      resolve(!data.toString().startsWith('-LOADING'));
    });
    socket.on('error', () => resolve(false));
  });
}

const WATCHED = `exec 3<&0
"$0" "$@" >/dev/null 3<&- &
server=$!
echo "$server"
{ read -r _ <&3; kill -KILL "$server"; } >/dev/null &
watcher=$!
wait "$server"
kill "$watcher" 2>/dev/null
`;
