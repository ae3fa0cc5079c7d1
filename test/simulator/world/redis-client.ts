/**
 * What the product sees of ioredis: the few calls it makes, over a connection that breaks.
 *
 * Like ioredis 6 with the options of `storage/redis`: commands without a connection wait for one; commands without an answer are sent
 * again on the next one, so that they may be executed twice; after `commandTimeout` or ten vain attempts they fail, executed or not.
 */
import { EventEmitter } from 'node:events';
import type { Redis } from 'ioredis';
import type { CancelTimer } from '../../../src/base/clock.js';
import { Pipe } from './network.js';
import type { RedisServer } from './redis-server.js';
import { LaterReply, type RedisCommand, type ServerConnection } from './server-connection.js';
import type { SimulatedProcess } from './simulated-process.js';

interface Request {
  readonly commands: readonly RedisCommand[];
  readonly label: string;
  readonly at: number;
  isSettled: boolean;
  readonly resolve: (results: readonly unknown[]) => void;
  readonly reject: (error: Error) => void;
}

export interface RedisClientOptions {
  readonly process: SimulatedProcess;
  readonly server: RedisServer;
  /** False: commands wait for Redis however long it takes, as a BullMQ worker's do. */
  readonly isImpatient: boolean;
}

export class RedisClient extends EventEmitter implements ServerConnection {
  status: 'ready' | 'reconnecting' = 'reconnecting';
  readonly channels = new Set<string>();
  readonly #options: RedisClientOptions;
  #outbound: Pipe | undefined;
  #inbound: Pipe | undefined;
  /** Sent, without an answer. */
  #outstanding: Request[] = [];
  #offline: Request[] = [];
  #attempts = 0;
  /** The connection is gone; `status` follows when the process has noticed. */
  #isBroken = true;
  #cancelTimeout: CancelTimer | undefined;

  constructor(options: RedisClientOptions) {
    super();
    this.#options = options;
    this.setMaxListeners(0);
    options.process.onDeath(() => this.#break());
    if (!this.#tryOpen()) this.#reconnectLater();
  }

  /** As the product's type. */
  asRedis(): Redis {
    return this as unknown as Redis;
  }

  async eval(...args: readonly unknown[]): Promise<unknown> {
    return this.command('eval', ...args);
  }

  async publish(...args: readonly unknown[]): Promise<unknown> {
    return this.command('publish', ...args);
  }

  async subscribe(...channels: readonly string[]): Promise<unknown> {
    return this.command('subscribe', ...channels);
  }

  async unsubscribe(...channels: readonly string[]): Promise<unknown> {
    return this.command('unsubscribe', ...channels);
  }

  async xrange(...args: readonly unknown[]): Promise<unknown> {
    return this.command('xrange', ...args);
  }

  async command(name: string, ...args: readonly unknown[]): Promise<unknown> {
    const [result] = await this.#request([{ name, args }]);
    if (result instanceof Error) throw result;
    return result;
  }

  pipeline(): Pipeline {
    return new Pipeline((commands) => this.#request(commands));
  }

  disconnect(reconnect = false): void {
    if (reconnect) this.cut();
  }

  push(channel: string, message: string): void {
    const { process } = this.#options;
    this.#inbound?.send(`${process.name} hears ${channel}`, () => this.emit('message', channel, message));
  }

  /** The connection breaks; of the commands under way some arrive. The process learns of it in its own time. */
  cut(): void {
    const { process } = this.#options;
    if (this.status !== 'ready' || this.#isBroken || !process.isAlive) return;
    this.#break();
    process.scheduler.schedule(0, () => this.#onClose(), { owner: process, label: `${process.name} loses Redis`, settles: true });
  }

  #onClose(): void {
    this.status = 'reconnecting';
    this.#offline = [...this.#outstanding.filter(({ isSettled }) => !isSettled), ...this.#offline];
    this.#outstanding = [];
    this.emit('close');
    this.#attempts = 0;
    this.#reconnectLater();
  }

  #break(): void {
    const { process, server } = this.#options;
    this.#isBroken = true;
    server.disconnect(this);
    this.channels.clear();
    const underWay = this.#outbound?.underWay ?? 0;
    this.#outbound?.close(server.isUp ? process.scheduler.random.below(underWay + 1) : 0);
    this.#inbound?.close(0);
  }

  #tryOpen(): boolean {
    const { process, server } = this.#options;
    if (!server.isUp || process.cutOffMs('redis') > 0) return false;
    this.#outbound = new Pipe({ process, peer: 'redis', isInbound: false });
    this.#inbound = new Pipe({ process, peer: 'redis', isInbound: true });
    server.connect(this);
    this.#isBroken = false;
    this.status = 'ready';
    return true;
  }

  #reconnectLater(): void {
    const { process, isImpatient } = this.#options;
    this.#attempts += 1;
    process.clock.after(Math.min(this.#attempts * 50, 300), () => {
      if (this.#tryOpen()) {
        this.emit('ready');
        for (const request of this.#offline.splice(0)) if (!request.isSettled) this.#transmit(request);
        return;
      }
      if (isImpatient && this.#attempts % MAX_RETRIES === 0)
        for (const request of this.#offline.splice(0)) settle(request, new Error('Reached the max retries per request limit'));
      this.#reconnectLater();
    });
  }

  #request(commands: readonly RedisCommand[]): Promise<readonly unknown[]> {
    const { process, isImpatient } = this.#options;
    return new Promise((resolve, reject) => {
      const label = `${process.name} → redis ${commands.map(describe).join(', ')}`;
      const request: Request = { commands, label, at: process.clock.monotonic(), isSettled: false, resolve, reject };
      if (this.status === 'ready') this.#transmit(request);
      else this.#offline.push(request);
      if (isImpatient) this.#watch();
    });
  }

  #transmit(request: Request): void {
    const { process, server } = this.#options;
    this.#outstanding.push(request);
    if (!process.maySend()) return;
    const inbound = this.#inbound as Pipe;
    this.#outbound?.send(request.label, () => {
      if (!server.isUp) return;
      const results = request.commands.map((command) => server.execute(this, command));
      const [only] = results;
      if (only instanceof LaterReply) only.whenReady((value) => this.#answer(inbound, request, [value]));
      else this.#answer(inbound, request, results);
    });
  }

  /** Over the connection that the request came by; nothing if that one is gone. */
  #answer(inbound: Pipe, request: Request, results: readonly unknown[]): void {
    inbound.send('', () => {
      this.#outstanding = this.#outstanding.filter((other) => other !== request);
      settle(request, results);
    });
  }

  /** One timer for the oldest command. */
  #watch(): void {
    if (this.#cancelTimeout !== undefined) return;
    const { clock } = this.#options.process;
    this.#cancelTimeout = clock.after(COMMAND_TIMEOUT_MS, () => {
      this.#cancelTimeout = undefined;
      const pending = [...this.#outstanding, ...this.#offline];
      const late = pending.filter(({ at }) => clock.monotonic() - at >= COMMAND_TIMEOUT_MS);
      for (const request of late) settle(request, new Error('Command timed out'));
      // As `socketTimeout` does: a connection that swallows commands is replaced.
      if (late.length > 0) this.cut();
      if (pending.length > late.length) this.#watch();
    });
  }
}

/** Commands that travel together; the answer has one `[error, value]` for each. */
class Pipeline {
  readonly #send: (commands: readonly RedisCommand[]) => Promise<readonly unknown[]>;
  readonly #commands: RedisCommand[] = [];

  constructor(send: (commands: readonly RedisCommand[]) => Promise<readonly unknown[]>) {
    this.#send = send;
  }

  get length(): number {
    return this.#commands.length;
  }

  eval(...args: readonly unknown[]): this {
    return this.#add('eval', args);
  }

  exists(...args: readonly unknown[]): this {
    return this.#add('exists', args);
  }

  xadd(...args: readonly unknown[]): this {
    return this.#add('xadd', args);
  }

  pexpire(...args: readonly unknown[]): this {
    return this.#add('pexpire', args);
  }

  publish(...args: readonly unknown[]): this {
    return this.#add('publish', args);
  }

  /** Like ioredis, it resolves with errors rather than rejecting. */
  async exec(): Promise<readonly (readonly [Error | null, unknown])[]> {
    if (this.#commands.length === 0) return [];
    try {
      const results = await this.#send(this.#commands);
      return results.map((result) => (result instanceof Error ? [result, undefined] : [null, result]));
    } catch (error) {
      return this.#commands.map(() => [error as Error, undefined]);
    }
  }

  #add(name: string, args: readonly unknown[]): this {
    this.#commands.push({ name, args });
    return this;
  }
}

function settle(request: Request, outcome: Error | readonly unknown[]): void {
  if (request.isSettled) return;
  request.isSettled = true;
  if (outcome instanceof Error) request.reject(outcome);
  else request.resolve(outcome);
}

function describe({ name, args }: RedisCommand): string {
  if (name === 'eval') return `eval ${String(args[2])} ${String(args[3])}`;
  return `${name} ${String(args[0] ?? '')}`;
}

const COMMAND_TIMEOUT_MS = 5_000;
const MAX_RETRIES = 10;
