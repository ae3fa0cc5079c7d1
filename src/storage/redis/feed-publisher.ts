/**
 * Announces events and previews (R9). Callers never wait for Redis and never fail because of it.
 *
 * Owns: a bounded queue of announcements and the one batch under way. Does not own: the truth (SQL has it).
 * - F1 One order: one batch at a time, in the order of the calls.
 * - F2 Loss of an event is told: followers everywhere get a gap as soon as Redis takes messages again.
 * - F3 A preview is a prefix: once a delta is lost, the later ones of the same `(task, seq, epoch)` are not published either, so no
 *   follower shows text with a hole. The committed event carries the whole.
 * - F4 Redis refuses a delta that is not after the last one kept: a zombie's older epoch, or a place before a published event.
 */
import type { ChainableCommander, Redis } from 'ioredis';
import type { CancelTimer, Clock } from '../../base/clock.js';
import type { Logger } from '../../observe/log.js';
import { isTerminal } from '../../protocol/task-state.js';
import type { FeedPublisher } from '../../tasks/coordination.js';
import { deltaOrder, type TaskDelta, type TaskEvent } from '../../tasks/task-event.js';
import { deltasKey, feedChannel, gapChannel } from './feed-messages.js';

export interface RedisFeedPublisherOptions {
  /** `RedisConnections.main` */
  readonly client: Redis;
  readonly keyPrefix: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Announcements that may wait; more are dropped, also when the waiting ones pass 32 Mi characters. Default 10,000. */
  readonly maxQueued?: number;
}

interface Announcement {
  /** Characters of what is published. */
  readonly size: number;
  /** Adds its commands; the last one is the one that must succeed. */
  readonly add: (pipeline: ChainableCommander) => void;
  readonly onLost: () => void;
}

export class RedisFeedPublisher implements FeedPublisher {
  readonly #options: RedisFeedPublisherOptions;
  readonly #maxQueued: number;
  /** Task id to the `(seq, epoch)` whose preview has a hole (F3); the oldest go first when it is full. */
  readonly #brokenPreviews = new Map<string, string>();
  readonly #onReady = () => this.#flush();
  #queue: Announcement[] = [];
  #queuedSize = 0;
  #flushing: Promise<void> | undefined;
  #owesGap = false;
  #dropped = 0;
  #cancelRetry: CancelTimer | undefined;

  constructor(options: RedisFeedPublisherOptions) {
    this.#options = options;
    this.#maxQueued = options.maxQueued ?? 10_000;
    options.client.on('ready', this.#onReady);
  }

  /** Announcements lost since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  async publishEvents(events: readonly TaskEvent[]): Promise<void> {
    for (const run of splitByTask(events)) {
      const { taskId, seq } = run.at(-1) as TaskEvent;
      const channel = feedChannel(this.#options.keyPrefix, taskId);
      const deltas = deltasKey(this.#options.keyPrefix, taskId);
      const message = JSON.stringify({ events: run });
      const ends = run.some(isLastEvent);
      this.#brokenPreviews.delete(taskId);
      this.#enqueue({
        size: message.length,
        add(pipeline) {
          // The event replaces the previews before it: they are removed, and its place stays as the stream's last id (F4).
          pipeline.xadd(deltas, 'NOMKSTREAM', 'MAXLEN', '=', 0, `${seq}-0`, 'event', '');
          if (ends) pipeline.pexpire(deltas, ENDED_DELTAS_TTL_MS);
          pipeline.publish(channel, message);
        },
        onLost: () => {
          this.#owesGap = true;
        },
      });
    }
  }

  async publishDelta(delta: TaskDelta): Promise<void> {
    const place = `${delta.seq}.${delta.epoch}`;
    const { client, keyPrefix } = this.#options;
    const breakPreview = () => this.#breakPreview(delta.taskId, place);
    // F3; and a preview that waits for Redis to come back is none.
    if (this.#brokenPreviews.get(delta.taskId) === place || client.status !== 'ready') {
      this.#dropped += 1;
      breakPreview();
      return;
    }
    const text = JSON.stringify(delta);
    const kept = Math.max(1, Math.min(MAX_KEPT_DELTAS, Math.floor(MAX_KEPT_BYTES / text.length)));
    this.#enqueue({
      size: text.length,
      add: (pipeline) =>
        pipeline.eval(
          PUBLISH_DELTA,
          1,
          deltasKey(keyPrefix, delta.taskId),
          `${delta.seq}-${deltaOrder(delta)}`,
          text,
          kept,
          DELTAS_TTL_MS,
          feedChannel(keyPrefix, delta.taskId),
          `{"delta":${text}}`,
        ),
      onLost: breakPreview,
    });
  }

  /** Publishes what waits, for at most a second, and stops. */
  async close(): Promise<void> {
    const { client, clock } = this.#options;
    const deadline = clock.monotonic() + CLOSE_TIMEOUT_MS;
    while ((this.#queue.length > 0 || this.#flushing !== undefined) && client.status === 'ready' && clock.monotonic() < deadline)
      await clock.sleep(5);
    client.off('ready', this.#onReady);
    this.#cancelRetry?.();
    if (this.#queue.length > 0)
      this.#options.log.warn({ dropped: this.#queue.length }, 'Live announcements were not published before the end');
    this.#queue = [];
  }

  #enqueue(announcement: Announcement): void {
    if (this.#queue.length >= this.#maxQueued || this.#queuedSize > MAX_QUEUED_SIZE) {
      this.#drop([announcement]);
    } else {
      this.#queue.push(announcement);
      this.#queuedSize += announcement.size;
    }
    this.#flush();
  }

  #flush(): void {
    if (this.#flushing !== undefined || this.#options.client.status !== 'ready') return;
    if (this.#queue.length === 0 && !this.#owesGap) return;
    // A microtask later, so that what is published together travels together.
    this.#flushing = Promise.resolve()
      .then(() => this.#sendBatch())
      .then((delivered) => {
        this.#flushing = undefined;
        if (delivered) this.#flush();
        else this.#cancelRetry = this.#options.clock.after(RETRY_MS, this.#onReady);
      });
  }

  /** Whether Redis took the batch. */
  async #sendBatch(): Promise<boolean> {
    const { client, keyPrefix, log } = this.#options;
    const batch = this.#queue.splice(0, MAX_BATCH);
    for (const announcement of batch) this.#queuedSize -= announcement.size;
    const tellsGap = this.#owesGap;
    this.#owesGap = false;
    const pipeline = client.pipeline();
    const lastCommands = batch.map((announcement) => {
      announcement.add(pipeline);
      return pipeline.length - 1;
    });
    // After the batch, so that what was published before it is read from SQL, and what comes later is not missed.
    if (tellsGap) pipeline.publish(gapChannel(keyPrefix), '');
    try {
      const results = (await pipeline.exec()) ?? [];
      const failures = lastCommands.map((index) => findFailure(results[index]));
      this.#drop(batch.filter((_, index) => failures[index] !== undefined));
      const failure = failures.find((error) => error !== undefined) ?? (tellsGap ? findFailure(results.at(-1)) : undefined);
      if (failure === undefined) return true;
      this.#owesGap ||= tellsGap;
      log.warn({ err: failure, announcements: batch.length }, 'Live announcements were not published');
    } catch (error) {
      log.warn({ err: error, announcements: batch.length }, 'Live announcements were not published');
      this.#drop(batch);
      this.#owesGap ||= tellsGap;
    }
    return false;
  }

  #drop(announcements: readonly Announcement[]): void {
    this.#dropped += announcements.length;
    for (const announcement of announcements) announcement.onLost();
  }

  #breakPreview(taskId: string, place: string): void {
    this.#brokenPreviews.set(taskId, place);
    const [oldest] = this.#brokenPreviews.keys();
    if (this.#brokenPreviews.size > MAX_BROKEN_PREVIEWS && oldest !== undefined) this.#brokenPreviews.delete(oldest);
  }
}

/** Neighbours of one task share a message; the order stays. */
function splitByTask(events: readonly TaskEvent[]): TaskEvent[][] {
  const runs: TaskEvent[][] = [];
  for (const event of events) {
    const run = runs.at(-1);
    if (run !== undefined && run[0]?.taskId === event.taskId) run.push(event);
    else runs.push([event]);
  }
  return runs;
}

function isLastEvent(event: TaskEvent): boolean {
  return event.type === 'status.changed' && isTerminal(event.status.state);
}

function findFailure(result: readonly [Error | null, unknown] | undefined): Error | undefined {
  if (result === undefined) return new Error('Redis gave no answer');
  const [error] = result;
  return error && !OUT_OF_ORDER.test(error.message) ? error : undefined;
}

/** Redis's words for an id that is not after the last one (F4); it has no error code of its own. */
const OUT_OF_ORDER = /equal or smaller than the target stream top item/;

/** KEYS: stream. ARGV: id, delta, entries to keep, time to live, channel, message. */
const PUBLISH_DELTA = `local added = redis.pcall('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], ARGV[1], 'delta', ARGV[2])
if type(added) == 'table' and added.err then return added end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PUBLISH', ARGV[5], ARGV[6])
return added`;

const MAX_QUEUED_SIZE = 32 * 1024 * 1024;
const MAX_BATCH = 256;
const MAX_KEPT_DELTAS = 4_096;
const MAX_KEPT_BYTES = 4 * 1024 * 1024;
const MAX_BROKEN_PREVIEWS = 10_000;
const DELTAS_TTL_MS = 10 * 60_000;
/** Long enough to refuse a zombie that has not noticed yet (F4). */
const ENDED_DELTAS_TTL_MS = 10_000;
const CLOSE_TIMEOUT_MS = 1_000;
const RETRY_MS = 100;
