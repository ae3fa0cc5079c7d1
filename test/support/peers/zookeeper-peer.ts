/**
 * The part of ZooKeeper's protocol that a reader of one node needs, over real sockets: sessions, pings, digest users, watches on what is
 * there and on what is not, versions. Nodes live in memory; it can end and come back on its port with what it held.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

interface Node {
  readonly data: Buffer;
  readonly bornAt: bigint;
  readonly changedAt: bigint;
  readonly version: number;
}

export interface ZooKeeperPeer {
  readonly port: number;
  /** That it answered so far. */
  readonly pings: () => number;
  /** Clients that wait for a change now. */
  readonly watches: () => number;
  create(path: string, data: string | Buffer): void;
  set(path: string, data: string | Buffer): void;
  get(path: string): string | undefined;
  remove(path: string): void;
  stop(): Promise<void>;
  start(): Promise<void>;
}

export interface ZooKeeperPeerOptions {
  /** `user:password` that alone may do anything. */
  readonly owner?: string;
  readonly tls?: { readonly cert: string; readonly key: string };
}

export async function startZooKeeperPeer(
  t: { teardown(run: () => unknown): unknown },
  { owner, tls }: ZooKeeperPeerOptions = {},
): Promise<ZooKeeperPeer> {
  const nodes = new Map<string, Node>();
  const sockets = new Set<Socket>();
  const watches = new Map<string, Set<Socket>>();
  let zxid = 0x10_0000_0000n;
  let sessions = 0;
  let pings = 0;

  const write = (path: string, data: string | Buffer): Node => {
    zxid += 1n;
    const known = nodes.get(path);
    const node = {
      data: Buffer.from(data),
      bornAt: known?.bornAt ?? zxid,
      changedAt: zxid,
      version: known === undefined ? 0 : known.version + 1,
    };
    nodes.set(path, node);
    tell(path, known === undefined ? 1 : 3);
    return node;
  };
  /** A watch tells once. */
  const tell = (path: string, event: number) => {
    for (const socket of watches.get(path) ?? []) send(socket, int(-1), long(-1n), int(0), int(event), int(3), bytes(path));
    watches.delete(path);
  };

  const serve = (socket: Socket): void => {
    let held = Buffer.alloc(0);
    let isGreeted = false;
    const users = new Set<string>();
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      for (const watchers of watches.values()) watchers.delete(socket);
    });
    socket.on('data', (chunk: Buffer): void => {
      held = Buffer.concat([held, chunk]);
      while (held.length >= 4 && held.length >= 4 + held.readInt32BE(0)) {
        const frame = held.subarray(4, 4 + held.readInt32BE(0));
        held = held.subarray(4 + frame.length);
        if (isGreeted) answer(socket, frame, users);
        else {
          isGreeted = true;
          sessions += 1;
          // protocol, last zxid, time, session, password
          if (frame.length < 28 || frame.readInt32BE(0) !== 0) return void socket.destroy();
          send(
            socket,
            int(0),
            int(Math.min(frame.readInt32BE(12), 40_000)),
            long(BigInt(sessions)),
            bytes(Buffer.alloc(16)),
            Buffer.from([0]),
          );
        }
      }
    });
  };

  const answer = (socket: Socket, frame: Buffer, users: Set<string>) => {
    const xid = frame.readInt32BE(0);
    const type = frame.readInt32BE(4);
    const reply = (error: number, ...fields: Buffer[]) => send(socket, int(xid), long(zxid), int(error), ...fields);
    if (type === -11) {
      reply(0);
      return socket.end();
    }
    if (type === 11) {
      pings += 1;
      return reply(0);
    }
    if (type === 100) {
      const scheme = readBytes(frame, 12);
      users.add(readBytes(frame, 16 + scheme.length).toString());
      return reply(0);
    }
    const path = readBytes(frame, 8).toString();
    const rest = frame.subarray(12 + Buffer.byteLength(path));
    const node = nodes.get(path);
    const watch = () => {
      if (rest[0] === 1) watches.set(path, (watches.get(path) ?? new Set()).add(socket));
    };
    if (type === 3) {
      watch();
      return node === undefined ? reply(-101) : reply(0, stat(node));
    }
    if (node === undefined) return reply(-101);
    if (owner !== undefined && !users.has(owner)) return reply(-102);
    if (type === 4) {
      watch();
      return reply(0, bytes(node.data), stat(node));
    }
    if (type !== 5) return reply(-6);
    const data = readBytes(rest, 0);
    const version = rest.readInt32BE(4 + data.length);
    return version === node.version ? reply(0, stat(write(path, data))) : reply(-103);
  };

  let port = 0;
  let server = createServer();
  const start = async () => {
    server = tls === undefined ? createServer(serve) : createTlsServer(tls, serve);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  };
  const stop = async () => {
    for (const socket of sockets) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  await start();
  t.teardown(stop);
  return {
    port,
    pings: () => pings,
    watches: () => [...watches.values()].reduce((sum, watchers) => sum + watchers.size, 0),
    create: (path, data) => void write(path, data),
    set: (path, data) => void write(path, data),
    get: (path) => nodes.get(path)?.data.toString(),
    remove(path) {
      zxid += 1n;
      nodes.delete(path);
      tell(path, 2);
    },
    start,
    stop,
  };
}

function stat({ bornAt, changedAt, version, data }: Node): Buffer {
  const times = [bornAt, changedAt, 1_700_000_000_000n, 1_700_000_000_000n].map(long);
  return Buffer.concat([...times, int(version), int(0), int(0), long(0n), int(data.length), int(0), long(bornAt)]);
}

function send(socket: Socket, ...fields: Buffer[]): void {
  const body = Buffer.concat(fields);
  if (socket.writable) socket.write(Buffer.concat([int(body.length), body]));
}

function readBytes(frame: Buffer, offset: number): Buffer {
  return frame.subarray(offset + 4, offset + 4 + frame.readInt32BE(offset));
}

function int(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value);
  return buffer;
}

function long(value: bigint): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigInt64BE(value);
  return buffer;
}

function bytes(value: string | Buffer): Buffer {
  const content = Buffer.from(value);
  return Buffer.concat([int(content.length), content]);
}
