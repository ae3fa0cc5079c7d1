import { connect } from 'node:net';
import type { Clock } from '../../base/clock.js';

/** Asks a server on a unix socket whether it is there, without a client library's retries. */
export function pingSocket(path: string, clock: Clock): Promise<'pong' | 'loading' | 'silent'> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const finish = (answer: 'pong' | 'loading' | 'silent') => {
      cancelTimer();
      socket.destroy();
      resolve(answer);
    };
    const cancelTimer = clock.after(1_000, () => finish('silent'));
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (data) => finish(data.toString().startsWith('+PONG') ? 'pong' : 'loading'));
    // Nobody listens, or it ended while answering: the same to us.
    socket.on('error', () => finish('silent'));
    socket.on('close', () => finish('silent'));
  });
}
