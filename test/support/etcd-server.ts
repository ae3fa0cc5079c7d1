/** A real etcd of this machine for tests alone: own folder, own ports, killed and started again as a test wants it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killProcess } from './kill-process.js';
import { findProgram } from './private-server.js';

export interface EtcdServer {
  readonly port: number;
  /** One request of its JSON gateway, as its administrator once there is one. */
  call(path: string, body: object): Promise<Record<string, unknown>>;
  put(key: string, value: string | Buffer): Promise<void>;
  remove(key: string): Promise<void>;
  /** Forgets every revision but the newest. */
  compact(): Promise<void>;
  /** SIGKILL */
  stop(): Promise<void>;
  /** On the same folder and port. */
  start(): Promise<void>;
  /** From now on only the administrator and who is named here may read this key. */
  protect(key: string, username: string, password: string): Promise<void>;
}

/** Why there is none on this machine; `false` = there is one. */
export function findEtcdProblem(): string | false {
  return findProgram('etcd') === undefined ? 'needs etcd: apt-get install -y etcd-server' : false;
}

export async function startEtcdServer(t: { teardown(run: () => unknown): unknown }): Promise<EtcdServer> {
  const folder = mkdtempSync(join(tmpdir(), 'hector-etcd-'));
  const [port, peerPort] = await findFreePorts();
  const url = `http://127.0.0.1:${port}`;
  const peerUrl = `http://127.0.0.1:${peerPort}`;
  let child: ChildProcess | undefined;
  let isProtected = false;

  const stop = () => killProcess(child);
  const start = async () => {
    const flags = ['--data-dir', folder, '--listen-client-urls', url, '--advertise-client-urls', url, '--listen-peer-urls', peerUrl];
    const cluster = ['--initial-advertise-peer-urls', peerUrl, '--initial-cluster', `default=${peerUrl}`, '--bcrypt-cost', '4'];
    child = spawn(findProgram('etcd') as string, [...flags, ...cluster, '--log-level', 'error'], { stdio: 'ignore' });
    await untilWritable(call, child);
  };
  const call = async (path: string, body: object): Promise<Record<string, unknown>> => {
    const post = async (where: string, what: object, headers = {}) => {
      const response = await fetch(`${url}/v3/${where}`, { method: 'POST', body: JSON.stringify(what), headers });
      if (!response.ok) throw new Error(`etcd: ${where}: ${await response.text()}`);
      return (await response.json()) as Record<string, unknown>;
    };
    if (!isProtected) return await post(path, body);
    const { token } = await post('auth/authenticate', ADMINISTRATOR);
    return await post(path, body, { authorization: String(token) });
  };
  t.teardown(async () => {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  });
  await start();
  return {
    port,
    call,
    start,
    stop,
    put: async (key, value) => void (await call('kv/put', { key: base64(key), value: base64(value) })),
    remove: async (key) => void (await call('kv/deleterange', { key: base64(key) })),
    async compact() {
      const { header } = (await call('kv/range', { key: base64('any') })) as { header: { revision: string } };
      await call('kv/compaction', { revision: header.revision });
    },
    async protect(key, username, password) {
      await call('auth/user/add', ADMINISTRATOR);
      await call('auth/user/grant', { user: ADMINISTRATOR.name, role: 'root' });
      await call('auth/role/add', { name: 'reader' });
      await call('auth/role/grant', { name: 'reader', perm: { permType: 'READ', key: base64(key) } });
      await call('auth/user/add', { name: username, password });
      await call('auth/user/grant', { user: username, role: 'reader' });
      await call('auth/enable', {});
      isProtected = true;
    },
  };
}

/** It listens before it has a leader. */
async function untilWritable(call: EtcdServer['call'], child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`etcd has ended with ${child.exitCode}`);
    const isUp = await call('kv/range', { key: base64('any') }).then(
      () => true,
      () => false,
    );
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

async function findFreePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()];
  const ports: number[] = [];
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ports.push((server.address() as AddressInfo).port);
  }
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports as [number, number];
}

function base64(value: string | Buffer): string {
  return Buffer.from(value).toString('base64');
}

const ADMINISTRATOR = { name: 'root', password: 'of-the-test' };
