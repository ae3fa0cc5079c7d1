/** Calls from clients to servers: they take time, fail when the server dies, and may be answered to nobody. */
import { delayMs } from './network.js';
import type { Server } from './server.js';
import type { World } from './world.js';

/** The server died, or did not answer in time. */
export class CallBroken extends Error {}

/** @throws CallBroken, or what the server threw. */
export function callServer<T>(world: World, server: Server, label: string, handle: (server: Server) => Promise<T>): Promise<T> {
  const { process } = server;
  const { scheduler } = world;
  return new Promise((resolve, reject) => {
    const atClient = (afterMs: number, text: string, run: () => void) =>
      scheduler.schedule(afterMs, run, { label: `client: ${text} ${label}`, settles: true });
    const breakOff = () => atClient(delayMs(process), 'broken', () => reject(new CallBroken(label)));
    if (!process.isAlive) {
      breakOff();
      return;
    }
    process.onDeath(breakOff);
    scheduler.schedule(CALL_TIMEOUT_MS, () => reject(new CallBroken(label)), { settles: true });
    scheduler.schedule(
      delayMs(process),
      () => {
        handle(server).then(
          (value) => {
            if (process.maySend()) atClient(delayMs(process), 'ok', () => resolve(value));
          },
          (error: unknown) => {
            if (process.maySend()) atClient(delayMs(process), `error ${(error as Error).message}`, () => reject(error));
          },
        );
      },
      { owner: process, label: `${process.name} is asked ${label}`, settles: true },
    );
  });
}

export interface StreamOptions<Frame> {
  readonly label: string;
  open(server: Server, signal: AbortSignal): Promise<AsyncIterableIterator<Frame, void>>;
  onFrame(frame: Frame): void;
  /** How long the client takes for one frame. */
  readonly readMs: number;
}

/**
 * Follows a stream until it ends. Frames arrive in order; the server sends no more than a few ahead of what the client has read.
 * @throws CallBroken when the server dies or the connection does, or what the server threw before the first frame.
 */
export async function followStream<Frame>(world: World, server: Server, options: StreamOptions<Frame>): Promise<void> {
  const { label, open, onFrame, readMs } = options;
  const { process } = server;
  const { scheduler } = world;
  const gone = new AbortController();
  const stream = await callServer(world, server, label, () => open(server, gone.signal));
  return new Promise((resolve, reject) => {
    let lastAt = 0;
    let isOver = false;
    let unread = 0;
    let wake: (() => void) | undefined;
    /** In the order of sending. */
    const toClient = (text: string, run: () => void) => {
      lastAt = Math.max(lastAt + 1e-6, scheduler.now + delayMs(process));
      scheduler.schedule(lastAt - scheduler.now, run, { label: text === '' ? '' : `client: ${text} ${label}`, settles: true });
    };
    const end = (error?: unknown) => {
      if (isOver) return;
      isOver = true;
      scheduler.schedule(delayMs(process), () => gone.abort(), { owner: process, settles: true });
      if (error === undefined) resolve();
      else reject(error);
    };
    const pump = async () => {
      for await (const frame of stream) {
        if (!process.maySend()) return;
        unread += 1;
        toClient('', () => {
          if (isOver) return;
          onFrame(frame);
          scheduler.schedule(
            readMs,
            () => {
              unread -= 1;
              wake?.();
            },
            { owner: process, settles: true },
          );
        });
        while (unread >= WINDOW && !gone.signal.aborted) await new Promise<void>((next) => (wake = next));
      }
    };
    if (process.isAlive) process.onDeath(() => toClient('loses', () => end(new CallBroken(label))));
    else end(new CallBroken(label));
    if (scheduler.random.chance(0.15)) {
      // The connection breaks while the server lives on.
      scheduler.schedule(2_000 * scheduler.random.next(), () => end(new CallBroken(label)), {
        label: `client: breaks off ${label}`,
        settles: true,
      });
    }
    pump().then(
      () => toClient('end of', () => end()),
      (error: unknown) => toClient('failure of', () => end(error)),
    );
  });
}

const WINDOW = 4;
const CALL_TIMEOUT_MS = 4_000;
