/** A document store as the management API sees it: one indexed document, one that failed, one run that has ended. */
import type { DocumentRecord } from '../../src/knowledge/chunk-store.js';
import type { IngestRun, IngestRunStore } from '../../src/knowledge/runs/ingest-run.js';
import type { KnowledgePort } from '../../src/studio/knowledge-port.js';
import { defaultStore } from './knowledge-rig.js';

const AT = 1_700_000_000_000;

export function sampleKnowledge(): KnowledgePort {
  const documents = new Map([sampleDocument('refunds.md'), sampleDocument('broken.pdf', FAILED)].map((record) => [record.id, record]));
  const runs = [sampleRun('018bcfe5-6800-7000-8000-0000000000a1', FINISHED)];
  const begin = (mode: IngestRun['mode'], by: string): IngestRun => {
    const open = runs.find(({ state }) => state === 'queued');
    if (open !== undefined) return open;
    const run = sampleRun('018bcfe5-6800-7000-8000-0000000000a2', { mode, by });
    runs.unshift(run);
    return run;
  };
  const store: Partial<IngestRunStore> = {
    find: async (id) => runs.find((run) => run.id === id),
    open: async () => runs.filter(({ finishedAt }) => finishedAt === 0),
    list: async ({ before, limit }) => runs.filter(({ id }) => before === '' || id < before).slice(0, limit),
    async cancel(id, message, at) {
      const index = runs.findIndex((run) => run.id === id && run.finishedAt === 0);
      const run = runs[index];
      if (run === undefined) return undefined;
      const canceled = { ...run, state: 'canceled', error: { code: 'INGEST_LOST', message }, updatedAt: at, finishedAt: at } as const;
      runs[index] = canceled;
      return canceled;
    },
    documentCounts: async () => ({ indexed: 1, failed: 1, pending: 0, deleted: 0, chunks: 2 }),
    documents: async ({ status, limit }) =>
      [...documents.values()].filter((record) => record.status === (status ?? record.status)).slice(0, limit),
    texts: async () => [{ index: 0, text: 'A cancelled sailing is refunded in full.', startLine: 3, endLine: 3 }],
    forgetVersion: async () => true,
  };
  const left = new Map([['old-handbook', 2]]);
  return {
    left: {
      names: async () => ['handbook', ...left.keys()],
      page: async (name) => {
        const count = left.get(name) ?? 0;
        const one = { generation: 1, collection: name, chunks: 1 };
        return { documents: Array.from({ length: count }, (_, index) => ({ id: `${index}.md`, ...one })), places: [] };
      },
      isAlone: async () => true,
      takeOut: async (name, page) => {
        left.set(name, 0);
        return { documents: page.documents.length, chunks: page.documents.length };
      },
      forget: async (name) => left.delete(name),
    },
    dropIndex: async () => [],
    stores: new Map([['handbook', { settings: { ...defaultStore('/srv/handbook'), collection: 'handbook' } }]]),
    runs: store as IngestRunStore,
    documents: {
      findDocuments: async (_store, ids) =>
        new Map(ids.flatMap((id) => [documents.get(id)].flatMap((record) => (record ? [[id, record]] : [])))),
      commit: async (_collection, [change]) => {
        if (change !== undefined) documents.delete(change.id);
        return ['committed'];
      },
    },
    ingester: { begin: async ({ mode = 'check', by = 'command' }) => [begin(mode, by)] },
    findIndexFailure: () => undefined,
    retriever: {
      search: async () => [
        {
          store: 'handbook',
          documentId: 'refunds.md',
          chunkIndex: 0,
          content: 'A cancelled sailing is refunded in full.',
          score: 0.4237,
          sourcePath: 'refunds.md',
          title: 'Refunds',
          startLine: 3,
          endLine: 3,
        },
      ],
    },
  };
}

function sampleDocument(id: string, change: Partial<DocumentRecord> = {}): DocumentRecord {
  return {
    key: 'd'.repeat(40),
    store: 'handbook',
    id,
    title: 'Refunds',
    sourcePath: id,
    generation: 1,
    contentHash: 'hash',
    pipeline: 'pipeline',
    bytes: 58,
    modifiedAt: AT,
    sourceVersion: '',
    metadata: { department: 'sales' },
    metadataHash: 'hash',
    status: 'indexed',
    stage: '',
    attempts: 0,
    lastError: '',
    failedState: '',
    chunkCount: 2,
    seenRun: '',
    updatedAt: AT,
    ...change,
  };
}

const FAILED = {
  title: '',
  chunkCount: 0,
  modifiedAt: 0,
  status: 'failed',
  stage: 'prepare',
  attempts: 1,
  lastError: 'The document is not readable text',
  failedState: 'state',
} as const;

function sampleRun(id: string, change: Partial<IngestRun>): IngestRun {
  return {
    id,
    store: 'handbook',
    pipeline: 'pipeline',
    mode: 'check',
    by: 'start',
    state: 'queued',
    epoch: 0,
    unlisted: [],
    error: undefined,
    total: 0,
    done: 0,
    skipped: 0,
    failed: 0,
    removed: 0,
    chunks: 0,
    createdAt: AT,
    startedAt: 0,
    updatedAt: AT,
    finishedAt: 0,
    ...change,
  };
}

const FINISHED = {
  state: 'finished',
  epoch: 1,
  total: 2,
  done: 1,
  failed: 1,
  chunks: 2,
  startedAt: AT,
  updatedAt: AT + 400,
  finishedAt: AT + 400,
} as const;
