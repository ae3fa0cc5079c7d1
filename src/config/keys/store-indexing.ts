import { availableParallelism } from 'node:os';
import type { IndexingSettings } from '../knowledge-settings.js';
import { duration, flag, integer, number, optional, type Static, section } from '../schema-builder.js';

const RetrySchema = section(
  {
    max_retries: integer('Tries of one document after the first, when the network, a rate limit or a server failed.', {
      default: 3,
      minimum: 0,
      maximum: 100,
    }),
    base_delay: duration('Wait after the first failed try; doubled after each further one.', { default: 1_000 }),
    max_delay: duration('No wait is longer.', { default: 30_000 }),
    jitter: number('Share of a wait that is random.', { default: 0.1, minimum: 0, maximum: 1 }),
  },
  'What becomes of a document whose reading, extraction or commit failed; after the last try it is in the list of failed documents.',
);

export const StoreIndexingSchema = section(
  {
    max_concurrent: optional(
      integer('Batches of documents that one process works on at once; default: the number of processor cores.', {
        minimum: 1,
        maximum: 1024,
      }),
    ),
    document_timeout: duration('A document that takes longer to extract and chunk fails.', { default: 60_000, minimum: 1_000 }),
    max_chunks: integer(
      'Chunks of one document; one with more fails. They are committed together, and in SQLite nothing else is written meanwhile.',
      {
        default: 10_000,
        minimum: 1,
        maximum: 1_000_000,
      },
    ),
    rescan_interval: optional(
      duration(
        'Time between scans that nobody asks for; 0 is never. Default: 0, and 5m where watch is on and the source cannot be watched.',
      ),
    ),
    allow_empty: flag('A source that shows no documents any more may empty the store; otherwise that run fails and removes nothing.', {
      default: false,
    }),
    retry: RetrySchema,
  },
  'How the store is filled.',
);

export const WatchSchema = flag('Index changes as they happen.', { default: false });

export const IncrementalIndexingSchema = flag(
  'Take it from the source (time of change and size, ETag) that a document is unchanged. Otherwise every scan reads every document; what has the content that is indexed is not embedded again either way.',
  { default: false },
);

export function resolveStoreIndexing(indexing: Static<typeof StoreIndexingSchema>): IndexingSettings {
  const { max_retries: maxRetries, base_delay: baseDelayMs, max_delay: maxDelayMs, jitter } = indexing.retry;
  return {
    maxConcurrent: indexing.max_concurrent ?? availableParallelism(),
    documentTimeoutMs: indexing.document_timeout,
    maxChunks: indexing.max_chunks,
    rescanIntervalMs: indexing.rescan_interval,
    allowEmpty: indexing.allow_empty,
    retry: { maxRetries, baseDelayMs, maxDelayMs, jitter },
  };
}
