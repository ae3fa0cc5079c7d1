/** A TCP proxy that can fall silent: connections stay open and new ones are accepted, but nothing comes back any more. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type NetConnectOpts, type Socket } from 'node:net';

export interface SilentProxy {
  readonly port: number;
  /** From now on what clients send is kept back, and so is what the server answers. */
  fallSilent(): void;
  /** Delivers what was kept back, and goes on. */
  speak(): void;
  /** Connections that are open stay silent for ever and are never closed; new ones work. */
  abandon(): void;
}

export async function startSilentProxy(t: { teardown(dispose: () => unknown): unknown }, target: NetConnectOpts): Promise<SilentProxy> {
  const sockets = new Set<Socket>();
  let isSilent = false;
  const listener = createServer((client) => {
    const server = connect(target);
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(socket);
      if (isSilent) socket.pause();
      socket.on('data', (bytes) => other.write(bytes));
      // One end breaking is the test's doing; the other one is told by the close.
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    listener.close();
  });
  return {
    port: (listener.address() as AddressInfo).port,
    fallSilent() {
      isSilent = true;
      for (const socket of sockets) socket.pause();
    },
    speak() {
      isSilent = false;
      for (const socket of sockets) socket.resume();
    },
    abandon() {
      isSilent = false;
      for (const socket of sockets) socket.pause();
    },
  };
}
