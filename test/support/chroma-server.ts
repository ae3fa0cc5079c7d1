/** A real Chroma server, from the package chromadb, on a port and a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { killProcess } from './kill-process.js';

export interface ChromaServer {
  readonly url: string;
  /** SIGKILL, and a new process on the same folder and port. */
  restart(): Promise<void>;
}

interface TestLike {
  teardown(run: () => unknown): void;
}

/** Why there is none on this machine; `false` = there is one. */
export function findChromaProblem(): string | false {
  const require = createRequire(import.meta.url);
  try {
    require(`chromadb-js-bindings-${process.platform}-${process.arch}${process.platform === 'linux' ? '-gnu' : ''}`);
    return false;
  } catch (error) {
    return `needs the server of the package chromadb: npm install (${error instanceof Error ? error.message.split('\n', 1)[0] : String(error)})`;
  }
}

export async function startChromaServer(t: TestLike): Promise<ChromaServer> {
  const folder = mkdtempSync(join(tmpdir(), 'hector-chroma-'));
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const config = join(folder, 'config.yaml');
  writeFileSync(config, `port: ${port}\nlisten_address: "127.0.0.1"\npersist_path: ${JSON.stringify(join(folder, 'data'))}\n`);
  let child: ChildProcess | undefined;

  const stop = () => killProcess(child);
  const start = async () => {
    const program = join(dirname(createRequire(import.meta.url).resolve('chromadb')), '..', 'cli.mjs');
    child = spawn(process.execPath, [program, 'run', config], { stdio: 'ignore', env: { ...process.env, ANONYMIZED_TELEMETRY: 'False' } });
    await untilAnswered(url, child);
  };
  t.teardown(async () => {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  });
  await start();
  return {
    url,
    async restart() {
      await stop();
      await start();
    },
  };
}

async function untilAnswered(url: string, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the Chroma server has ended with ${child.exitCode}`);
    const isUp = await fetch(`${url}/api/v2/heartbeat`).then(
      (response) => response.ok,
      () => false,
    );
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
