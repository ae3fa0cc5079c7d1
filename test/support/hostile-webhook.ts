/** Webhooks that speak no proper HTTP: each does its worst with the bare socket of one request. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export const HOSTILE_ANSWERS: Readonly<Record<string, (socket: Socket) => void>> = {
  'switches protocols': (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'),
  'switches protocols without saying to which': (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n'),
  'switches protocols and talks on': (socket) =>
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x05hello'),
  'announces an answer for ever': (socket) => writeOn(socket, 'HTTP/1.1 100 Continue\r\n\r\n'),
  'announces an answer with hints for ever': (socket) => writeOn(socket, 'HTTP/1.1 103 Early Hints\r\nlink: <a>\r\n\r\n'),
  'talks garbage': (socket) => socket.write('\x00\xff\x16\x03\x01 this is no HTTP\r\n\r\n'),
  'sends headers for ever': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    writeOn(socket, `x-${'a'.repeat(100)}: b\r\n`);
  },
  'sends half a head': (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-le'),
  'hangs up in the head': (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-le'),
  'hangs up at once': (socket) => socket.destroy(),
  'says nothing': () => undefined,
};

/** These have told what counts, and never end. */
export const ENDLESS_ANSWERS: Readonly<Record<string, (socket: Socket) => void>> = {
  'sends half a body': (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'),
  'sends a body for ever': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
    writeOn(socket, '5\r\nhello\r\n');
  },
  'sends no body although it said so': (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n'),
  'sends a second answer': (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nHTTP/1.1 101 x\r\n\r\n'),
};

export interface HostileWebhook {
  readonly url: string;
  readonly requests: number;
  /** Resolves when so many requests have come and no connection is open. */
  untilQuiet(requests: number): Promise<void>;
}

export async function startHostileWebhook(
  t: { teardown(run: () => unknown): unknown },
  answer: (socket: Socket) => void,
): Promise<HostileWebhook> {
  const sockets = new Set<Socket>();
  let requests = 0;
  let look = () => {};
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      look();
    });
    socket.once('data', () => {
      requests += 1;
      answer(socket);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    get requests() {
      return requests;
    },
    untilQuiet: (wanted) =>
      new Promise((resolve) => {
        look = () => {
          if (requests >= wanted && sockets.size === 0) resolve();
        };
        look();
      }),
  };
}

/** As long as the other side reads. */
function writeOn(socket: Socket, text: string): void {
  const chunk = text.repeat(Math.ceil(1_000 / text.length));
  const more = () => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on('drain', more);
  more();
}
