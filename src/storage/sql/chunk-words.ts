/** The words of chunks: written with the chunks, found through the dialect's index over them. */
import {
  type ChunkPlace,
  type ChunkWordMatch,
  type ChunkWordMatches,
  type ChunkWordSearch,
  documentKey,
} from '../../knowledge/chunk-store.js';
import { chunkWords } from '../../knowledge/search/chunk-words.js';
import { weighWords } from '../../knowledge/search/rank-keywords.js';
import type { Database } from './database.js';
import type { RowShape, SqlDialect } from './dialects/dialect.js';
import { keyOf, parts } from './knowledge-rows.js';
import { type Program, rowsOfAll } from './query.js';

export interface ChunkText {
  readonly document_key: string;
  readonly chunk_index: number;
  readonly store_key: string;
  readonly title: string;
  readonly text: string;
  readonly place: ChunkPlace;
}

/** Of chunks that have none yet. */
export function* writeChunkWords(dialect: SqlDialect, chunks: readonly ChunkText[]): Program<void> {
  for (const part of parts(chunks, 100)) {
    const rows = part.map((chunk) => [
      chunk.document_key,
      chunk.chunk_index,
      chunk.store_key,
      [storeWord(chunk.store_key), ...chunkWords(chunk)].join(' '),
    ]);
    yield* rowsOfAll(dialect.rows.insert(chunkWordShape, rows));
  }
}

/** Three statements, each of which reads a bounded number of rows, however many there are (MySQL's index reads what it reads). */
export async function findByWords(database: Database, { store, words, documentIds, limit }: ChunkWordSearch): Promise<ChunkWordMatches> {
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
  const storeKey = keyOf(store);
  const query = chunkWordIndex.search('m.document_key, m.chunk_index, m.words', {
    storeWord: storeWord(storeKey),
    storeKey,
    words: asked.map((word) => ({ word, weight: weights.get(word) ?? 0 })),
    documentKeys: documentIds?.map((id) => documentKey(store, id)),
    limit,
    most: documentIds === undefined ? MOST_CANDIDATES : MOST_COUNTED,
  });
  const found = (await database.read(query)) as readonly unknown[] as readonly MatchRow[];
  const matches = found.map(
    (row): ChunkWordMatch => ({
      documentKey: row.document_key,
      index: Number(row.chunk_index),
      words: row.words.split(' ').slice(1),
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

function storeWord(storeKey: string): string {
  return `ss${storeKey}`;
}

interface MatchRow {
  readonly document_key: string;
  readonly chunk_index: number;
  readonly words: string;
}

const chunkWordShape = {
  table: 'chunk_words',
  columns: { document_key: 'key', chunk_index: 'integer', store_key: 'key', words: 'text' },
} as const satisfies RowShape;

/** More tells nothing further of how rare a word is. */
const MOST_COUNTED = 100_000;
const COUNT_CHUNKS = `SELECT COUNT(*) AS total FROM (SELECT document_key FROM chunk_words LIMIT ${MOST_COUNTED}) AS c`;
/** Rows that are ranked; in SQLite that takes some milliseconds of this thread. */
const MOST_CANDIDATES = 5_000;
