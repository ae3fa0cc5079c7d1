/**
 * Worker threads: CPU work leaves the event loop here.
 *
 * Owns: the Piscina pools, their start, limits and end. Does not own: what the threads compute
 * (`knowledge/extract`, `knowledge/chunking`, adapters in `providers`).
 *
 * 1. Text threads hold no state: any of them may end at any time.
 * 2. An index thread holds the segments of its collections, so it is the only thread of its pool. When it dies, its
 *    tasks fail with THREAD_FAILED and the next one opens snapshots again; who owns the truth catches it up.
 * 3. The builder's thread holds nothing, and ends when it has nothing to build: the memory of graphs goes with it.
 */
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Piscina } from 'piscina';
import { untilAborted } from '../base/abort.js';
import { AppError } from '../base/errors.js';
import type { Logger } from '../observe/log.js';
import type { IndexBuilderMessages, IndexMessages, TextMessages, ThreadReply } from './messages.js';

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** Buffers that move to the thread; they are empty here afterwards. */
  readonly transfer?: readonly ArrayBuffer[];
  /** Somebody waits: not behind bulk work. Text threads only. */
  readonly urgent?: boolean;
  /** The signal ends the thread in the middle of the work, rather than only the wait for it. Text threads only. */
  readonly killOnAbort?: boolean;
}

export interface TextThreads {
  run<K extends keyof TextMessages>(name: K, request: TextMessages[K]['request'], options?: RunOptions): Promise<TextMessages[K]['reply']>;
}

export interface IndexThread {
  run<K extends keyof IndexMessages>(
    name: K,
    request: IndexMessages[K]['request'],
    options?: RunOptions,
  ): Promise<IndexMessages[K]['reply']>;
}

export interface IndexBuilder {
  run<K extends keyof IndexBuilderMessages>(
    name: K,
    request: IndexBuilderMessages[K]['request'],
    options?: RunOptions,
  ): Promise<IndexBuilderMessages[K]['reply']>;
}

export interface ThreadPools {
  readonly text: TextThreads;
  /** Builds one graph after another, whoever asks. */
  readonly indexBuilder: IndexBuilder;
  /** The thread that holds the graph `key`; always the same for the same key. */
  indexThread(key: string): IndexThread;
  /** How busy they are; only those that have been needed. */
  read(): readonly PoolReading[];
  /** Ends every index thread, the builder's too, as a crash would; for tests of what happens then. */
  killIndexThreads(): Promise<void>;
  /** Ends all threads; running tasks fail. May be called twice. */
  close(): Promise<void>;
}

export interface PoolReading {
  /** `text`, `text-urgent`, `index-0`… */
  readonly name: string;
  readonly threads: number;
  /** Work that waits for one. */
  readonly waiting: number;
  /** Part of the time that they worked, 0 to 1. */
  readonly utilization: number;
}

export interface ThreadPoolsOptions {
  readonly log: Logger;
  /** Default: the cores this process may use. */
  readonly cores?: number;
  /** Idle text threads end after this, milliseconds. Default 10,000. */
  readonly idleMs?: number;
}

export function createThreadPools({ log, cores = availableParallelism(), idleMs = 10_000 }: ThreadPoolsOptions): ThreadPools {
  const indexThreads = Math.max(1, Math.min(cores, MAX_INDEX_THREADS));
  const assigned = new Map<string, number>();
  const pools = new Map<string, Piscina>();
  let closed = false;

  const pool = (name: string, options: ConstructorParameters<typeof Piscina>[0]): Piscina => {
    if (closed) throw new AppError('THREAD_FAILED', { message: 'The worker threads have been closed' });
    const existing = pools.get(name);
    if (existing !== undefined) return existing;
    const created = new (loadPiscina().Piscina)({ ...options });
    // Without a listener the death of an idle thread would end the process.
    created.on('error', (error: Error) => log.error({ err: error, pool: name }, 'a worker thread died'));
    pools.set(name, created);
    return created;
  };
  const textPool = (urgent: boolean) =>
    pool(urgent ? 'text-urgent' : 'text', {
      filename: entry('text'),
      minThreads: 0,
      maxThreads: urgent ? 1 : cores,
      idleTimeout: idleMs,
      maxQueue: MAX_TEXT_QUEUE,
      resourceLimits: { maxOldGenerationSizeMb: TEXT_HEAP_MB },
    });
  const indexPool = (slot: number) =>
    pool(`index-${slot}`, {
      filename: entry('index'),
      minThreads: 1,
      maxThreads: 1,
      concurrentTasksPerWorker: INDEX_CONCURRENCY,
      maxQueue: MAX_INDEX_QUEUE,
      idleTimeout: Number.POSITIVE_INFINITY,
    });

  const builderPool = () =>
    pool('index-builder', {
      filename: entry('index-builder'),
      minThreads: 0,
      maxThreads: 1,
      maxQueue: MAX_INDEX_QUEUE,
      idleTimeout: BUILDER_IDLE_MS,
    });

  return {
    indexBuilder: { run: (name, request, options) => run(builderPool, name, request, options) },
    text: { run: (name, request, options) => run(() => textPool(options?.urgent ?? false), name, request, options) },
    indexThread(key) {
      // Spread in order of first use: collections share a thread only when there are more of them than threads.
      const slot = assigned.get(key) ?? assigned.size % indexThreads;
      assigned.set(key, slot);
      return { run: (name, request, options) => run(() => indexPool(slot), name, request, { ...options, killOnAbort: false }) };
    },
    read: () =>
      [...pools].map(([name, { threads, queueSize, utilization }]) => ({
        name,
        threads: threads.length,
        waiting: queueSize,
        utilization: Number.isFinite(utilization) ? utilization : 0,
      })),
    async killIndexThreads() {
      const threads = [...pools].filter(([name]) => name.startsWith('index-')).flatMap(([, each]) => each.threads);
      await Promise.all(threads.map((thread) => thread.terminate()));
    },
    async close() {
      closed = true;
      const open = [...pools.values()];
      pools.clear();
      await Promise.all(open.map((each) => each.destroy()));
    },
  };
}

/** With the first pool: a process that only serves has none. */
function loadPiscina(): typeof import('piscina') {
  return createRequire(import.meta.url)('piscina') as typeof import('piscina');
}

async function run<T>(pool: () => Piscina, name: string, request: unknown, options: RunOptions = {}): Promise<T> {
  const { signal, transfer, killOnAbort = false } = options;
  signal?.throwIfAborted();
  let reply: ThreadReply<T>;
  try {
    const running = pool().run(request, {
      name,
      ...(transfer && { transferList: [...transfer] }),
      ...(killOnAbort && signal && { signal }),
    }) as Promise<ThreadReply<T>>;
    reply = await (signal === undefined || killOnAbort ? running : untilAborted(running, signal));
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    if (error instanceof AppError) throw error;
    const reason = isOutOfMemory(error) ? `needed more than ${TEXT_HEAP_MB} MB of memory` : 'failed';
    throw new AppError('THREAD_FAILED', { message: `The worker thread doing '${name}' ${reason}`, cause: error });
  }
  if (reply.type === 'failed') throw new AppError(reply.error.code, { message: reply.error.message });
  return reply.value;
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}

/** Compiled entries sit in `workers/threads`, beside `src`. */
function entry(name: 'text' | 'index' | 'index-builder'): string {
  return fileURLToPath(new URL(`../../workers/threads/${name}.js`, import.meta.url));
}

/** Tasks waiting for a text thread; one more is refused with THREAD_FAILED. */
const MAX_TEXT_QUEUE = 4096;
const MAX_INDEX_QUEUE = 8192;
/** Searches that may interleave with one running insert. */
const INDEX_CONCURRENCY = 64;
const MAX_INDEX_THREADS = 8;
const BUILDER_IDLE_MS = 500;
/** A document that needs more heap ends its thread, not the process. */
const TEXT_HEAP_MB = 512;
