/** Finding what was said in earlier sessions (MEM-02, MEM-05). */
import type { Embedder } from '../../providers/embedders/contract.js';
import type { RememberedMessage } from '../../providers/tools/contract.js';
import type { MemorySearch } from '../../providers/tools/memory-search.js';
import { ANONYMOUS_OWNER } from '../../tasks/owner-scope.js';
import { textOf } from '../../tasks/session-message.js';
import { comparePlaces, type Ranked, rankWords } from './rank-words.js';
import type { RecallCandidate, RecallQuery, RecallStore } from './recall-store.js';
import { splitWords } from './split-words.js';

export interface SearchRecallOptions {
  readonly store: RecallStore;
  /** As the indexer's. */
  readonly embedder?: Embedder | undefined;
}

/** What its own run may find, and nothing else: whose it is stands in the run log, not in what a model says. */
export function createMemorySearch({ store, embedder }: SearchRecallOptions): MemorySearch {
  return {
    async search(question, { taskId, limit, includesCurrent }, signal) {
      const own = await store.findScope(taskId);
      // Anonymous callers are many people: what one said is none of the others' business.
      if (own === undefined || own.scope.owner === ANONYMOUS_OWNER) return [];
      const query = { scope: own.scope, exceptSession: includesCurrent ? undefined : own.sessionId };
      const ranked =
        embedder === undefined ? await byWords(store, question, query) : await byMeaning(store, embedder, { question, query, signal });
      return await load(store, own.scope, ranked, limit);
    },
  };
}

async function byWords(
  store: RecallStore,
  question: string,
  query: Omit<RecallQuery, 'limit'>,
): Promise<readonly Ranked<RecallCandidate>[]> {
  const words = splitWords(question).slice(0, MAX_QUESTION_WORDS);
  return rankWords(words, await store.byWords(words, { ...query, limit: MAX_CANDIDATES }));
}

/** Exactly: each of the caller's newest messages is looked at. */
async function byMeaning(
  store: RecallStore,
  embedder: Embedder,
  { question, query, signal }: { readonly question: string; readonly query: Omit<RecallQuery, 'limit'>; readonly signal: AbortSignal },
): Promise<readonly Ranked<RecallCandidate>[]> {
  const [wanted] = await embedder.embed([question], 'query', signal);
  if (wanted === undefined) return [];
  const vectors = await store.vectors({ ...query, limit: MAX_VECTORS });
  const ranked = vectors
    .filter(({ vector }) => vector.length === wanted.length)
    .map(({ vector, ...candidate }) => ({ candidate, score: Math.max(0, Math.min(1, dot(wanted, vector))) }));
  return ranked.filter(({ score }) => score > 0).sort((a, b) => b.score - a.score || comparePlaces(a.candidate, b.candidate));
}

async function load(
  store: RecallStore,
  scope: RecallQuery['scope'],
  ranked: readonly Ranked<RecallCandidate>[],
  limit: number,
): Promise<readonly RememberedMessage[]> {
  const found: RememberedMessage[] = [];
  // What has left its session since it was indexed makes room for the next.
  for (let start = 0; start < ranked.length && found.length < limit; start += limit) {
    const some = ranked.slice(start, start + limit);
    const messages = await store.load(
      scope,
      some.map(({ candidate }) => candidate),
    );
    for (const { candidate, score } of some) {
      const placed = messages.find(({ sessionId, position }) => sessionId === candidate.sessionId && position === candidate.position);
      if (placed === undefined || found.length === limit) continue;
      const { message, sessionId, contextId } = placed;
      const { id: messageId, author, createdAt } = message;
      found.push({ sessionId, contextId, messageId, author, createdAt, content: textOf(message), score });
    }
  }
  return found;
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += (a[index] as number) * (b[index] as number);
  return sum;
}

const MAX_QUESTION_WORDS = 32;
/** Looked at more closely. */
const MAX_CANDIDATES = 200;
/** The newest ones; at 384 numbers each, 6 MB. */
const MAX_VECTORS = 4_000;
