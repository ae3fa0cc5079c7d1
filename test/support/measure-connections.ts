/** Connections that want nothing good, and what a server's process holds for them. */

import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';

export interface Held {
  readonly residentMiB: number;
  readonly openFiles: number;
}

/** Of a process on Linux. */
export function readHeld(pid: number): Held {
  const resident = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return { residentMiB: Number(resident) / 1_024, openFiles: readdirSync(`/proc/${pid}/fd`).length };
}

export interface Crowd {
  /** Of those that were opened. */
  readonly size: number;
  /** Bytes that came back, of all. */
  received(): number;
  /** Resolves when the server has ended all of them. */
  readonly gone: Promise<void>;
  /** Ends what is left. */
  close(): void;
}

export interface CrowdOptions {
  readonly port: number;
  readonly size: number;
  /** What each says at once. Default: nothing. */
  readonly first?: string;
  /** What each says every second, until it is cut. */
  readonly drip?: string;
}

/** So many connections, of which a hundred at a time are opened. */
export async function openCrowd({ port, size, first = '', drip }: CrowdOptions): Promise<Crowd> {
  const sockets: Socket[] = [];
  let received = 0;
  for (let opened = 0; opened < size; opened += AT_A_TIME)
    await Promise.all(
      Array.from({ length: Math.min(AT_A_TIME, size - opened) }, async () => {
        const socket = connect({ port, host: '127.0.0.1' });
        // Cut is what they are meant to be.
        socket
          .on('error', () => undefined)
          .on('data', (chunk: Buffer) => {
            received += chunk.length;
          });
        await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
        if (first !== '') socket.write(first);
        sockets.push(socket);
      }),
    );
  const dripping = drip === undefined ? undefined : setInterval(() => drop(sockets, drip), 1_000);
  const gone = Promise.all(sockets.map((socket) => (socket.destroyed ? undefined : once(socket, 'close')))).then(() =>
    clearInterval(dripping),
  );
  return {
    size,
    received: () => received,
    gone,
    close() {
      clearInterval(dripping);
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Messages that are small on the wire and large behind it. @returns the gRPC status of each. */
export async function sendBombs(
  port: number,
  path: string,
  { count, bytes }: { readonly count: number; readonly bytes: number },
): Promise<readonly string[]> {
  const packed = gzipSync(Buffer.alloc(bytes));
  const frame = Buffer.concat([Buffer.from([1, 0, 0, 0, 0]), packed]);
  frame.writeUInt32BE(packed.length, 1);
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  try {
    return await Promise.all(
      Array.from({ length: count }, async () => {
        const stream = session.request({
          ':method': 'POST',
          ':path': path,
          'content-type': 'application/grpc',
          'grpc-encoding': 'gzip',
          te: 'trailers',
        });
        let status = 'none';
        const read = (headers: Readonly<Record<string, unknown>>) => {
          status = String(headers['grpc-status'] ?? status);
        };
        stream
          .on('response', read)
          .on('trailers', read)
          .on('error', () => undefined)
          .resume();
        stream.end(frame);
        await once(stream, 'close');
        return status;
      }),
    );
  } finally {
    session.close();
  }
}

function drop(sockets: readonly Socket[], text: string): void {
  for (const socket of sockets) if (socket.writable) socket.write(text);
}

const AT_A_TIME = 100;
