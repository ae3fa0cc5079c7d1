/** Starts a database server program of this machine for tests alone: own folder, own port, gone with this process. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface PrivateServer {
  readonly url: string;
  stop(): Promise<void>;
}

export interface ServerProgram {
  readonly name: string;
  /** System user that the program runs as when the tests run as root. */
  readonly user: string;
  /** Undefined when the machine does not have it. */
  findBinary(): string | undefined;
  /** Asks it to end at once, tidily. */
  readonly stopSignal: 'INT' | 'TERM';
  /** What would bring it. */
  readonly installCommand: string;
  initialise(binary: string, directory: string, run: (program: string, args: readonly string[]) => void): void;
  serverArguments(directory: string, port: number): readonly string[];
  url(port: number): string;
  /** Resolves once a query is answered. */
  probe(url: string): Promise<void>;
}

export async function startPrivateServer(program: ServerProgram): Promise<PrivateServer> {
  const binary = program.findBinary();
  if (binary === undefined) throw new Error(`${program.name} is not installed: ${program.installCommand}`);
  const directory = mkdtempSync(join(tmpdir(), `hector-${program.name}-`));
  const asUser = process.getuid?.() === 0 ? ['setpriv', `--reuid=${program.user}`, `--regid=${program.user}`, '--init-groups'] : [];
  if (asUser.length > 0) execFileSync('chown', [program.user, directory]);
  chmodSync(directory, 0o700);
  program.initialise(binary, directory, (name, args) => {
    const [command, ...rest] = [...asUser, name, ...args] as [string, ...string[]];
    execFileSync(command, rest, { cwd: '/', stdio: ['ignore', 'ignore', 'pipe'], timeout: 60_000 });
  });
  const port = await freePort();
  const [command, ...rest] = [
    ...asUser,
    'sh',
    '-c',
    guard(program.stopSignal),
    directory,
    binary,
    ...program.serverArguments(directory, port),
  ] as [string, ...string[]];
  const child = spawn(command, rest, { cwd: '/', stdio: ['pipe', 'ignore', 'pipe'] });
  let output = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-4_000);
  });
  const server = { url: program.url(port), stop: () => stop(child) };
  await waitUntilUp(program, server.url, child, () => output);
  // A test process may end without waiting for its servers: the guard sees its pipe close.
  child.unref();
  for (const stream of [child.stdin, child.stderr]) (stream as unknown as { unref?: () => void } | null)?.unref?.();
  return server;
}

/** The newest `<folder>/<version>/bin/<name>` or a program on the usual paths. */
export function findProgram(name: string, versionedFolder?: string): string | undefined {
  const versions = versionedFolder !== undefined && existsSync(versionedFolder) ? readdirSync(versionedFolder) : [];
  const candidates = [
    ...versions.sort((a, b) => Number(b) - Number(a)).map((version) => join(versionedFolder ?? '', version, 'bin', name)),
    ...['/usr/sbin', '/usr/bin', '/usr/local/bin', '/opt/homebrew/bin'].map((folder) => join(folder, name)),
  ];
  return candidates.find((path) => existsSync(path));
}

async function waitUntilUp(program: ServerProgram, url: string, child: ChildProcess, output: () => string): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      await program.probe(url);
      return;
    } catch (error) {
      if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${program.name} did not start: ${String(error)}\n${output()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.ref();
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.stdin?.end();
  await ended;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Runs the server until standard input closes, which it does even when the tests are killed; then removes its folder. */
const guard = (stopSignal: string): string => `
exec 3<&0
"$@" < /dev/null &
server=$!
(cat > /dev/null; kill -${stopSignal} $server 2> /dev/null; sleep 5; kill -KILL $server 2> /dev/null) <&3 &
guard=$!
wait $server
kill $guard 2> /dev/null
rm -rf "$0"
`;
