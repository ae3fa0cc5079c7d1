/**
 * The simulated Redis: executes commands one at a time, at the instant they arrive.
 *
 * Owns: keys, subscriptions, the queue of step jobs. Does not own: how commands get here (`redis-client.ts`).
 */
import { JobQueue } from './job-queue.js';
import { RedisKeys } from './redis-keys.js';
import { addToStream, findScript } from './redis-scripts.js';
import type { Scheduler } from './scheduler.js';
import type { RedisCommand, ServerConnection } from './server-connection.js';

export class RedisServer {
  readonly scheduler: Scheduler;
  readonly keys: RedisKeys;
  readonly #connections = new Set<ServerConnection>();
  readonly #onPublish: (channel: string, message: string) => void;
  isUp = true;
  /** As `run_id`: another one after every restart. */
  #life = 1;
  readonly jobs: JobQueue;

  constructor(scheduler: Scheduler, onPublish: (channel: string, message: string) => void) {
    this.scheduler = scheduler;
    this.keys = new RedisKeys(() => scheduler.now);
    this.#onPublish = onPublish;
    this.jobs = new JobQueue(this);
  }

  connect(connection: ServerConnection): void {
    this.#connections.add(connection);
  }

  disconnect(connection: ServerConnection): void {
    this.#connections.delete(connection);
    this.jobs.forget(connection);
  }

  /** Down for a while; comes back without what was written in the last `lostMs`. */
  restart(downMs: number, lostMs: number): void {
    if (!this.isUp) return;
    const { scheduler } = this;
    scheduler.trace.add(scheduler.now, `REDIS DOWN for ${downMs.toFixed(0)}, loses ${lostMs.toFixed(0)}`);
    this.isUp = false;
    this.#life += 1;
    for (const connection of [...this.#connections]) connection.cut();
    this.keys.forget(scheduler.now - lostMs);
    scheduler.schedule(downMs, () => {
      scheduler.trace.add(scheduler.now, 'REDIS UP');
      this.isUp = true;
    });
  }

  flushAll(): void {
    this.scheduler.trace.add(this.scheduler.now, 'REDIS FLUSHALL');
    this.keys.flush();
  }

  /** An `Error` is an error reply. */
  execute(connection: ServerConnection, { name, args }: RedisCommand): unknown {
    const text = args.map(String);
    const [first = '', second = '', third = ''] = text;
    switch (name) {
      case 'ping':
        return 'PONG';
      case 'eval':
        return findScript(first)(
          { keys: this.keys, now: this.scheduler.now, life: `life${this.#life}`, publish: (c, m) => this.#publish(c, m) },
          third,
          text.slice(3),
        );
      case 'exists':
        return this.keys.get(first) === undefined ? 0 : 1;
      case 'publish':
        return this.#publish(first, second);
      case 'subscribe':
        for (const channel of text) connection.channels.add(channel);
        return text.length;
      case 'unsubscribe':
        for (const channel of text) connection.channels.delete(channel);
        return text.length;
      case 'xadd':
        return this.#addEventMark(text);
      case 'pexpire': {
        const value = this.keys.get(first);
        if (value === undefined) return 0;
        this.keys.set(first, value, this.scheduler.now + Number(second));
        return 1;
      }
      case 'xrange': {
        const stream = this.keys.get(first);
        if (stream?.type !== 'stream' || second !== third) return [];
        return stream.entries.filter(({ id }) => String(id[0]) === second).map(({ id, field, text }) => [id.join('-'), [field, text]]);
      }
      default:
        if (name.startsWith('job.')) return this.jobs.execute(connection, name, args);
        throw new Error(`the simulated Redis does not know ${name} ${text.join(' ')}`);
    }
  }

  /** The one form of XADD in use: `key NOMKSTREAM MAXLEN = 0 id field value`. */
  #addEventMark([key = '', ...rest]: readonly string[]): unknown {
    const [a, b, c, kept, id = '', field = '', value = ''] = rest;
    if (a !== 'NOMKSTREAM' || b !== 'MAXLEN' || c !== '=') throw new Error(`the simulated Redis does not know XADD ${rest.join(' ')}`);
    return addToStream(this.keys, key, id, { field, text: value, kept: Number(kept), onlyExisting: true });
  }

  #publish(channel: string, message: string): number {
    this.#onPublish(channel, message);
    let count = 0;
    for (const connection of this.#connections) {
      if (!connection.channels.has(channel)) continue;
      connection.push(channel, message);
      count += 1;
    }
    return count;
  }
}
