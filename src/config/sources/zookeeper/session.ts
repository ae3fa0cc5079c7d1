/**
 * One session with one ZooKeeper server, over one connection; both end together.
 *
 * Owns: the socket, requests without an answer (in their order, as the server answers in it), the pings. A server that says nothing for
 * the session's time is lost. Does not own: what to do about that.
 */
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { CancelTimer, Clock } from '../../../base/clock.js';
import { AppError } from '../../../base/errors.js';
import { refused, unreachable } from '../remote-failures.js';
import type { RemoteAddress, RemotePlace } from '../remote-place.js';
import { tlsOptions } from '../remote-tls.js';
import { createFrameReader } from './frames.js';
import { bool, bytes, encodeFrame, int, type JuteField, JuteReader, long } from './jute.js';

export interface ZooKeeperReply {
  /** 0 is none. */
  readonly error: number;
  readonly body: JuteReader;
}

interface Waiting {
  readonly xid: number;
  resolve(reply: ZooKeeperReply): void;
}

export class ZooKeeperSession {
  readonly #socket: Socket;
  readonly #place: RemotePlace;
  readonly #address: RemoteAddress;
  readonly #clock: Clock;
  readonly #waiting: Waiting[] = [];
  readonly #lost: Promise<never>;
  #fail: (error: unknown) => void = () => undefined;
  #onGreeting: ((reader: JuteReader) => void) | undefined;
  #onEvent: (() => void) | undefined;
  #lastXid = 0;
  #heardAt: number;
  #stopPings: CancelTimer | undefined;

  private constructor(place: RemotePlace, address: RemoteAddress, clock: Clock) {
    this.#place = place;
    this.#address = address;
    this.#clock = clock;
    this.#heardAt = clock.monotonic();
    this.#lost = new Promise<never>((_resolve, reject) => {
      this.#fail = (error) => reject(error instanceof AppError ? error : unreachable(place, address, error));
    });
    // It is for those who wait for something.
    this.#lost.catch(() => undefined);
    const { host, port } = address;
    this.#socket = place.tls === undefined ? connectPlain({ host, port }) : connectTls({ ...tlsOptions(place, address), host, port });
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('it closed the connection')));
    const read = createFrameReader(MAX_FRAME_BYTES, (frame) => this.#take(new JuteReader(frame)));
    this.#socket.on('data', (chunk: Buffer) => {
      this.#heardAt = clock.monotonic();
      try {
        read(chunk);
      } catch (error) {
        this.#socket.destroy(error as Error);
      }
    });
  }

  /** Connected, and identified. @throws AppError `CONFIG_SOURCE_UNAVAILABLE` */
  static async open(place: RemotePlace, address: RemoteAddress, clock: Clock, signal: AbortSignal): Promise<ZooKeeperSession> {
    const session = new ZooKeeperSession(place, address, clock);
    const onAbort = () => session.close();
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      await session.#greet();
      if (place.username !== '') await session.#identify();
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  }

  request(type: number, fields: readonly JuteField[]): Promise<ZooKeeperReply> {
    this.#lastXid += 1;
    return this.#send(this.#lastXid, type, fields);
  }

  /** Resolves with the next event of what is watched. Call it before the watch is set. */
  nextEvent(): Promise<void> {
    const event = new Promise<void>((resolve) => {
      this.#onEvent = resolve;
    });
    return Promise.race([event, this.#lost]);
  }

  close(): void {
    this.#stopPings?.();
    if (this.#socket.connecting || !this.#socket.writable) this.#socket.destroy();
    else {
      // Without it the server would keep the session until its time is over.
      this.#socket.write(encodeFrame([int(this.#lastXid + 1), int(CLOSE)]));
      this.#socket.destroySoon();
    }
    this.#fail(new Error('closed here'));
  }

  async #greet(): Promise<void> {
    const greeting = new Promise<number>((resolve) => {
      this.#onGreeting = (reader) => {
        reader.int();
        resolve(reader.int());
      };
    });
    this.#socket.write(encodeFrame([int(0), long(0n), int(SESSION_MS), long(0n), bytes(Buffer.alloc(16)), bool(false)]));
    const granted = await Promise.race([greeting, this.#lost]);
    if (granted <= 0) throw unreachable(this.#place, this.#address, new Error('it opens no session'));
    this.#heardAt = this.#clock.monotonic();
    this.#stopPings = this.#clock.every(granted / 3, () => {
      if (this.#clock.monotonic() - this.#heardAt > granted) this.#socket.destroy(new Error('it says nothing any more'));
      else this.#socket.write(encodeFrame([int(PING_XID), int(PING)]));
    });
  }

  async #identify(): Promise<void> {
    const { username, password } = this.#place;
    const { error } = await this.#send(AUTH_XID, AUTH, [int(0), bytes('digest'), bytes(`${username}:${password}`)]);
    if (error !== 0) throw refused(this.#place, 'read', 'the user is refused');
  }

  #send(xid: number, type: number, fields: readonly JuteField[]): Promise<ZooKeeperReply> {
    const reply = new Promise<ZooKeeperReply>((resolve) => this.#waiting.push({ xid, resolve }));
    this.#socket.write(encodeFrame([int(xid), int(type), ...fields]));
    return Promise.race([reply, this.#lost]);
  }

  #take(reader: JuteReader): void {
    if (this.#onGreeting !== undefined) {
      const greet = this.#onGreeting;
      this.#onGreeting = undefined;
      greet(reader);
      return;
    }
    const xid = reader.int();
    reader.long();
    const error = reader.int();
    if (xid === PING_XID) return;
    if (xid === EVENT_XID) this.#onEvent?.();
    else if (this.#waiting[0]?.xid === xid) this.#waiting.shift()?.resolve({ error, body: reader });
    else throw new RangeError(`an answer to request ${xid}, which was not sent`);
  }
}

const EVENT_XID = -1;
const PING_XID = -2;
const AUTH_XID = -4;
const PING = 11;
const AUTH = 100;
const CLOSE = -11;
const SESSION_MS = 15_000;
/** What a server takes by default is 1 MiB. */
const MAX_FRAME_BYTES = 2 * 1024 * 1024;
