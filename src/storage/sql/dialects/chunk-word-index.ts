/**
 * Three ways to find rows of `chunk_words` by their words. These are what `knowledge/search/chunk-words.ts` makes: letters and digits, so
 * that they need no quoting, nothing in a query can be syntax, and nothing splits them further.
 */
import { patient, rowsOf } from '../query.js';
import type { ChunkWordIndex } from './dialect.js';

/** SQLite: the words stay in the table, triggers keep the index beside it. */
export const chunkWordTable: ChunkWordIndex = {
  create: [
    "CREATE VIRTUAL TABLE IF NOT EXISTS chunk_words_index USING fts5(words, content='chunk_words', content_rowid='entry', tokenize='ascii', detail='none')",
    "CREATE VIRTUAL TABLE IF NOT EXISTS chunk_words_terms USING fts5vocab('chunk_words_index', 'row')",
    `CREATE TRIGGER IF NOT EXISTS chunk_words_insert AFTER INSERT ON chunk_words BEGIN
      INSERT INTO chunk_words_index (rowid, words) VALUES (new.entry, new.words); END`,
    `CREATE TRIGGER IF NOT EXISTS chunk_words_delete AFTER DELETE ON chunk_words BEGIN
      INSERT INTO chunk_words_index (chunk_words_index, rowid, words) VALUES ('delete', old.entry, old.words); END`,
  ],
  count: (words) => ({
    sql: `SELECT term AS word, doc AS holders FROM chunk_words_terms WHERE term IN (${marks(words)})`,
    parameters: words,
  }),
  // FTS5's own ranking first counts the rows of every word, that of the store included.
  search: (columns, { scopeWord, words, documentKeys = [], limit, most }) => ({
    sql: `SELECT ${columns} FROM (SELECT entry, SUM(weight) AS weight FROM (${words.map(() => HOLDERS_OF_WORD).join(' UNION ALL ')}) GROUP BY entry) AS i
      JOIN chunk_words AS m ON m.entry = i.entry WHERE 1 = 1 ${among(documentKeys)} ORDER BY i.weight DESC, m.document_key, m.chunk_index LIMIT ?`,
    parameters: [...words.flatMap(({ word, weight }) => [weight, `"${scopeWord}" AND "${word}"`, most]), ...documentKeys, limit],
  }),
};

/** PostgreSQL: the words as they are, without a configuration of its text search. */
export const chunkWordVector: ChunkWordIndex = {
  create: [
    `ALTER TABLE chunk_words ADD COLUMN IF NOT EXISTS word_vector tsvector
      GENERATED ALWAYS AS (array_to_tsvector(string_to_array(words, ' '))) STORED`,
    'CREATE INDEX IF NOT EXISTS chunk_words_word_vector ON chunk_words USING gin (word_vector)',
  ],
  count: (words, most) => ({
    sql: `SELECT w.word, (SELECT COUNT(*) FROM (SELECT 1 FROM chunk_words WHERE word_vector @@ CAST(w.query AS tsquery) LIMIT ${Math.trunc(most)}) AS h)
        AS holders FROM unnest(?::text[], ?::text[]) AS w(query, word)`,
    parameters: [words.map(quote), words],
  }),
  // Its own ranking knows nothing of how rare a word is.
  search: (columns, { scopeWord, words, documentKeys = [], limit, most }) => ({
    sql: `SELECT ${columns} FROM (SELECT * FROM chunk_words AS m WHERE m.word_vector @@ CAST(? AS tsquery) ${among(documentKeys)} LIMIT ${Math.trunc(most)}) AS m
      ORDER BY (${words.map(() => 'CASE WHEN m.word_vector @@ CAST(? AS tsquery) THEN CAST(? AS double precision) ELSE 0 END').join(' + ')}) DESC,
        m.document_key, m.chunk_index LIMIT ?`,
    parameters: [
      `${quote(scopeWord)} & (${words.map(({ word }) => quote(word)).join(' | ')})`,
      ...documentKeys,
      ...words.flatMap(({ word, weight }) => [quote(word), weight]),
      limit,
    ],
  }),
};

/** MySQL and MariaDB. A word that every row has would be read from end to end: the store is a column here. */
export const chunkWordFullText: ChunkWordIndex = {
  create: [
    function* () {
      const found = yield* rowsOf(patient(FULL_TEXT_INDEX));
      if (found.length === 0) yield patient('CREATE FULLTEXT INDEX chunk_words_words ON chunk_words (words)');
    },
  ],
  count: (words) => ({
    sql: words
      .map(() => 'SELECT ? AS word, COUNT(*) AS holders FROM chunk_words WHERE MATCH (words) AGAINST (? IN BOOLEAN MODE)')
      .join(' UNION ALL '),
    parameters: words.flatMap((word) => [word, `+${word}`]),
  }),
  search: (columns, { scopeColumn, scopeKey, words, documentKeys = [], limit }) => {
    const query = words.map(({ word }) => word).join(' ');
    return {
      sql: `SELECT ${columns} FROM chunk_words AS m WHERE MATCH (m.words) AGAINST (? IN BOOLEAN MODE) AND m.${scopeColumn} = ? ${among(documentKeys)}
        ORDER BY MATCH (m.words) AGAINST (? IN BOOLEAN MODE) DESC, m.document_key, m.chunk_index LIMIT ?`,
      parameters: [query, scopeKey, ...documentKeys, query, limit],
    };
  },
};

function quote(word: string): string {
  return `'${word}'`;
}

function among(documentKeys: readonly string[]): string {
  return documentKeys.length === 0 ? '' : `AND m.document_key IN (${marks(documentKeys)})`;
}

function marks(values: readonly unknown[]): string {
  return values.map(() => '?').join(', ');
}

const HOLDERS_OF_WORD = 'SELECT * FROM (SELECT rowid AS entry, ? AS weight FROM chunk_words_index WHERE chunk_words_index MATCH ? LIMIT ?)';
const FULL_TEXT_INDEX = `SELECT 1 FROM information_schema.statistics WHERE table_schema = DATABASE()
  AND table_name = 'chunk_words' AND index_name = 'chunk_words_words' LIMIT 1`;
