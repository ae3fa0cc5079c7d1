/** Three ways to speak of many rows at once; a dialect takes the one that costs it least. */
import type { Query } from '../query.js';
import type { RowShape, RowStatements } from './dialect.js';

/** A statement of constant text per row: where a statement costs no round trip and prepared ones are kept. */
export const rowByRow: RowStatements = {
  insert: (shape, rows) => {
    const sql = textsOf(shape).insert;
    return rows.map((parameters) => ({ sql, parameters }));
  },
  insertMissing: (shape, rows) => appending(' ON CONFLICT DO NOTHING', rowByRow.insert(shape, rows)),
  update: (shape, rows) => {
    const sql = textsOf(shape).update;
    return rows.map(([key, ...values]) => ({ sql, parameters: [...values, key] }));
  },
  select: (shape, keys) => {
    const sql = textsOf(shape).select;
    return keys.map((key) => ({ sql, parameters: [key] }));
  },
  remove: (table, column, keys) => {
    const sql = `DELETE FROM ${table} WHERE ${column} = ?`;
    return keys.map((key) => ({ sql, parameters: [key] }));
  },
  selectFirst: (shape, keyColumn, orderColumn, keys) => {
    const sql = `SELECT ${names(shape)} FROM ${shape.table} WHERE ${keyColumn} = ? ORDER BY ${orderColumn} LIMIT ?`;
    return keys.map(({ key, limit }) => ({ sql, parameters: [key, limit] }));
  },
  union: (queries) => joined(queries, subSelects(queries)),
};

/** PostgreSQL: one array per column, so that the text stays constant and can be prepared. */
export const columnArrays: RowStatements = {
  insert: (shape, rows) =>
    when(rows, {
      sql: `INSERT INTO ${shape.table} (${names(shape)}) SELECT * FROM ${unnest(shape)}`,
      parameters: transpose(shape, rows),
    }),
  insertMissing: (shape, rows) => appending(' ON CONFLICT DO NOTHING', columnArrays.insert(shape, rows)),
  update: (shape, rows) => {
    const [key, ...columns] = Object.keys(shape.columns);
    return when(rows, {
      sql: `UPDATE ${shape.table} AS t SET ${columns.map((name) => `${name} = v.${name}`).join(', ')} FROM ${unnest(shape)} AS v(${names(shape)}) WHERE t.${key} = v.${key}`,
      parameters: transpose(shape, rows),
    });
  },
  select: (shape, keys, { lock }) => {
    const key = firstColumn(shape);
    return when(keys, {
      sql: `SELECT ${names(shape)} FROM ${shape.table} WHERE ${key} = ANY(?::text[])${lock ? ` ORDER BY ${key} FOR UPDATE` : ''}`,
      parameters: [keys],
    });
  },
  remove: (table, column, keys) => when(keys, { sql: `DELETE FROM ${table} WHERE ${column} = ANY(?::text[])`, parameters: [keys] }),
  selectFirst: (shape, keyColumn, orderColumn, keys) =>
    when(keys, {
      sql: `SELECT t.* FROM unnest(?::text[], ?::bigint[]) AS k(key, first) CROSS JOIN LATERAL (SELECT ${names(shape)} FROM ${shape.table} WHERE ${keyColumn} = k.key ORDER BY ${orderColumn} LIMIT k.first) AS t`,
      parameters: [keys.map((item) => item.key), keys.map((item) => item.limit)],
    }),
  union: (queries) => joined(queries, inParentheses(queries)),
};

/** MySQL: lists of values, cut so that no statement outgrows `max_allowed_packet`. */
export const valueLists: RowStatements = {
  insert: (shape, rows) => {
    const row = `(${marks(Object.keys(shape.columns).length)})`;
    return chunks(rows).map((chunk) => ({
      sql: `INSERT INTO ${shape.table} (${names(shape)}) VALUES ${chunk.map(() => row).join(', ')}`,
      parameters: chunk.flat(),
    }));
  },
  // Sets nothing: `INSERT IGNORE` would also let values pass that do not fit.
  insertMissing: (shape, rows) => {
    const key = firstColumn(shape);
    return appending(` ON DUPLICATE KEY UPDATE ${key} = ${shape.table}.${key}`, valueLists.insert(shape, rows));
  },
  update: (shape, rows) => {
    const [key, ...columns] = Object.keys(shape.columns);
    const first = `SELECT ${Object.keys(shape.columns)
      .map((name) => `? AS ${name}`)
      .join(', ')}`;
    const further = ` UNION ALL SELECT ${marks(columns.length + 1)}`;
    return chunks(rows).map((chunk) => ({
      sql: `UPDATE ${shape.table} AS t JOIN (${first}${further.repeat(chunk.length - 1)}) AS v ON t.${key} = v.${key} SET ${columns.map((name) => `t.${name} = v.${name}`).join(', ')}`,
      parameters: chunk.flat(),
    }));
  },
  select: (shape, keys, { lock }) => {
    const key = firstColumn(shape);
    return when(keys, {
      sql: `SELECT ${names(shape)} FROM ${shape.table} WHERE ${key} IN (${marks(keys.length)})${lock ? ` ORDER BY ${key} FOR UPDATE` : ''}`,
      parameters: keys,
    });
  },
  remove: (table, column, keys) => when(keys, { sql: `DELETE FROM ${table} WHERE ${column} IN (${marks(keys.length)})`, parameters: keys }),
  selectFirst: (shape, keyColumn, orderColumn, keys) => {
    // Parentheses, not sub-selects: those would make a temporary table on disk for each.
    const one = `(SELECT ${names(shape)} FROM ${shape.table} WHERE ${keyColumn} = ? ORDER BY ${orderColumn} LIMIT ?)`;
    return when(keys, {
      sql: keys.map(() => one).join(' UNION ALL '),
      parameters: keys.flatMap(({ key, limit }) => [key, limit]),
    });
  },
  union: (queries) => joined(queries, inParentheses(queries)),
};

/** SQLite takes no parentheses around the parts of a union; as sub-selects it takes an order and a limit of each. */
function subSelects(queries: readonly Query[]): string {
  return queries.map(({ sql }) => `SELECT * FROM (${sql})`).join(' UNION ALL ');
}

function inParentheses(queries: readonly Query[]): string {
  return queries.map((query) => `(${query.sql})`).join(' UNION ALL ');
}

function joined(queries: readonly Query[], sql: string): Query {
  return { sql, parameters: queries.flatMap(({ parameters }) => parameters) };
}

function appending(clause: string, queries: readonly Query[]): readonly Query[] {
  return queries.map(({ sql, parameters }) => ({ sql: `${sql}${clause}`, parameters }));
}

function when(items: readonly unknown[], query: Query): readonly Query[] {
  return items.length === 0 ? [] : [query];
}

function names(shape: RowShape): string {
  return Object.keys(shape.columns).join(', ');
}

function firstColumn(shape: RowShape): string {
  return Object.keys(shape.columns)[0] as string;
}

function marks(count: number): string {
  return '?, '.repeat(count).slice(0, -2);
}

function unnest(shape: RowShape): string {
  return `unnest(${Object.values(shape.columns)
    .map((kind) => `?::${ARRAY_TYPES[kind]}`)
    .join(', ')})`;
}

function transpose(shape: RowShape, rows: readonly (readonly unknown[])[]): readonly unknown[][] {
  return Object.keys(shape.columns).map((_, column) => rows.map((row) => row[column]));
}

function chunks(rows: readonly (readonly unknown[])[]): readonly (readonly (readonly unknown[])[])[] {
  const result: (readonly unknown[])[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    const rowSize = row.reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length : 8), 0);
    if (size + rowSize > MAX_STATEMENT_CHARACTERS) {
      result.push([]);
      size = 0;
    }
    size += rowSize;
    result.at(-1)?.push(row);
  }
  return result;
}

interface ShapeTexts {
  readonly insert: string;
  readonly update: string;
  readonly select: string;
}

function textsOf(shape: RowShape): ShapeTexts {
  let texts = shapeTexts.get(shape);
  if (texts === undefined) {
    const [key, ...columns] = Object.keys(shape.columns);
    texts = {
      insert: `INSERT INTO ${shape.table} (${names(shape)}) VALUES (${marks(columns.length + 1)})`,
      update: `UPDATE ${shape.table} SET ${columns.map((name) => `${name} = ?`).join(', ')} WHERE ${key} = ?`,
      select: `SELECT ${names(shape)} FROM ${shape.table} WHERE ${key} = ?`,
    };
    shapeTexts.set(shape, texts);
  }
  return texts;
}

/** The shapes are constants of the program, so this never grows past their number. */
const shapeTexts = new WeakMap<RowShape, ShapeTexts>();

const ARRAY_TYPES = {
  key: 'text[]',
  text: 'text[]',
  integer: 'bigint[]',
  serial: 'bigint[]',
  real: 'double precision[]',
  bytes: 'bytea[]',
} as const;

/** MariaDB's default packet is 16 MiB; a character takes at most 4 bytes, and escaping at most doubles it. */
const MAX_STATEMENT_CHARACTERS = 1_000_000;
