/** Finds chunks through the dialect's index over their words. */
import {
  type ChunkWordMatch,
  type ChunkWordMatches,
  type ChunkWordScope,
  type ChunkWordSearch,
  documentKey,
} from '../../knowledge/chunk-store.js';
import { weighWords } from '../../knowledge/search/rank-keywords.js';
import { collectionWord, storeWord } from './chunk-words.js';
import type { Database } from './database.js';
import { keyOf } from './knowledge-rows.js';

/** Three statements, each of which reads a bounded number of rows, however many there are (MySQL's index reads what it reads). */
export async function findByWords(database: Database, { words, documentIds, limit, ...scope }: ChunkWordSearch): Promise<ChunkWordMatches> {
  const nothing = { total: 0, holders: new Map<string, number>(), matches: [] };
  if (words.length === 0 || documentIds?.length === 0) return nothing;
  const { chunkWordIndex } = database.dialect;
  const [[counted], counts] = await Promise.all([
    database.read({ sql: COUNT_CHUNKS, parameters: [] }),
    database.read(chunkWordIndex.count(words, MOST_COUNTED)),
  ]);
  const total = Number(counted?.['total'] ?? 0);
  const holders = new Map<string, number>();
  for (const row of counts)
    if (Number(row['holders']) > 0) holders.set(String(row['word']), Math.min(MOST_COUNTED, Number(row['holders'])));
  const asked = chooseWords(holders);
  if (asked.length === 0) return { ...nothing, total };
  const weights = weighWords(total, holders);
  const query = chunkWordIndex.search('m.document_key, m.chunk_index, m.words', {
    ...scopeOf(scope),
    words: asked.map((word) => ({ word, weight: weights.get(word) ?? 0 })),
    documentKeys: 'store' in scope ? documentIds?.map((id) => documentKey(scope.store, id)) : undefined,
    limit,
    most: documentIds === undefined ? MOST_CANDIDATES : MOST_COUNTED,
  });
  const found = (await database.read(query)) as readonly unknown[] as readonly MatchRow[];
  const matches = found.map(
    (row): ChunkWordMatch => ({
      documentKey: row.document_key,
      index: Number(row.chunk_index),
      words: row.words.split(' ').slice(2),
    }),
  );
  return { total, holders, matches };
}

/** The rarest; one at least. */
function chooseWords(holders: ReadonlyMap<string, number>): readonly string[] {
  const words: string[] = [];
  let candidates = 0;
  for (const [word, count] of [...holders].sort(([, a], [, b]) => a - b)) {
    candidates += count;
    if (words.length > 0 && candidates > MOST_CANDIDATES) break;
    words.push(word);
  }
  return words;
}

function scopeOf(scope: ChunkWordScope) {
  if ('store' in scope) {
    const key = keyOf(scope.store);
    return { scopeWord: storeWord(key), scopeColumn: 'store_key', scopeKey: key } as const;
  }
  const key = keyOf(scope.collection);
  return { scopeWord: collectionWord(key), scopeColumn: 'collection_key', scopeKey: key } as const;
}

interface MatchRow {
  readonly document_key: string;
  readonly chunk_index: number;
  readonly words: string;
}

/** More tells nothing further of how rare a word is. */
const MOST_COUNTED = 100_000;
const COUNT_CHUNKS = `SELECT COUNT(*) AS total FROM (SELECT document_key FROM chunk_words LIMIT ${MOST_COUNTED}) AS c`;
/** Rows that are ranked; in SQLite that takes some milliseconds of this thread. */
const MOST_CANDIDATES = 5_000;
