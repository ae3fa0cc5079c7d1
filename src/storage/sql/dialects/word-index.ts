/** Three ways to find rows of `recall_messages` by their words. The words are plain: they need no quoting, and nothing splits them further. */
import { patient, rowsOf } from '../query.js';
import type { WordIndex } from './dialect.js';

/** SQLite: the text stays in the table, triggers keep the index beside it. */
export const fullTextTable: WordIndex = {
  create: [
    "CREATE VIRTUAL TABLE IF NOT EXISTS recall_words USING fts5(words, content='recall_messages', content_rowid='entry', tokenize='ascii', detail='none')",
    `CREATE TRIGGER IF NOT EXISTS recall_words_insert AFTER INSERT ON recall_messages BEGIN
      INSERT INTO recall_words (rowid, words) VALUES (new.entry, new.words); END`,
    `CREATE TRIGGER IF NOT EXISTS recall_words_delete AFTER DELETE ON recall_messages BEGIN
      INSERT INTO recall_words (recall_words, rowid, words) VALUES ('delete', old.entry, old.words); END`,
  ],
  search: (columns, { scopeWord, words, exceptSession, limit }) => ({
    sql: `SELECT ${columns} FROM recall_words AS w JOIN recall_messages AS m ON m.entry = w.rowid WHERE recall_words MATCH ? AND m.session_id <> ?
      ORDER BY bm25(recall_words), m.created_at DESC, m.session_id, m.position LIMIT ?`,
    parameters: [`"${scopeWord}" AND (${words.map((word) => `"${word}"`).join(' OR ')})`, exceptSession, limit],
  }),
};

/** PostgreSQL: the words as they are, without a configuration of its text search. */
export const vectorColumn: WordIndex = {
  create: [
    `ALTER TABLE recall_messages ADD COLUMN IF NOT EXISTS word_vector tsvector
      GENERATED ALWAYS AS (array_to_tsvector(string_to_array(words, ' '))) STORED`,
    'CREATE INDEX IF NOT EXISTS recall_messages_word_vector ON recall_messages USING gin (word_vector)',
  ],
  search: (columns, { scopeWord, words, exceptSession, limit }) => ({
    sql: `SELECT ${columns} FROM recall_messages AS m, CAST(? AS tsquery) AS q WHERE m.word_vector @@ q AND m.session_id <> ?
      ORDER BY ts_rank(m.word_vector, q) DESC, m.created_at DESC, m.session_id, m.position LIMIT ?`,
    parameters: [`'${scopeWord}' & (${words.map((word) => `'${word}'`).join(' | ')})`, exceptSession, limit],
  }),
};

/** MySQL and MariaDB. */
export const fullTextIndex: WordIndex = {
  create: [
    function* () {
      const found = yield* rowsOf(patient(FULL_TEXT_INDEX));
      if (found.length === 0) yield patient('CREATE FULLTEXT INDEX recall_messages_words ON recall_messages (words)');
    },
  ],
  search: (columns, { scopeWord, words, exceptSession, limit }) => {
    const query = `+${scopeWord} +(${words.join(' ')})`;
    return {
      sql: `SELECT ${columns} FROM recall_messages AS m WHERE MATCH (m.words) AGAINST (? IN BOOLEAN MODE) AND m.session_id <> ?
        ORDER BY MATCH (m.words) AGAINST (? IN BOOLEAN MODE) DESC, m.created_at DESC, m.session_id, m.position LIMIT ?`,
      parameters: [query, exceptSession, query, limit],
    };
  },
};

const FULL_TEXT_INDEX = `SELECT 1 FROM information_schema.statistics WHERE table_schema = DATABASE()
  AND table_name = 'recall_messages' AND index_name = 'recall_messages_words' LIMIT 1`;
