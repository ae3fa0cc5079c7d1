/**
 * Rows of a database as documents (RAG-04).
 *
 * 1. A scan pages by id and holds one page of ids; contents are read only of rows that have no other version, in groups of a bounded size.
 * 2. Nothing is skipped in silence: rows without an id, ids that stand twice, and rows beyond `max_rows` are problems.
 * 3. A table that cannot be read leaves the others alone, and takes nothing as deleted.
 */
import { throwIfAborted } from '../../../base/abort.js';
import { AppError } from '../../../base/errors.js';
import { sha256Hex } from '../../../base/json.js';
import type { DatabaseSettings, SqlSourceSettings } from '../../../config/settings.js';
import type { DocumentSource, SourceContent, SourceFinding } from '../document-source.js';
import { Lazy } from '../lazy.js';
import { documentProblem, sourceUnreadable, tooLarge, unknownRest } from '../source-errors.js';
import { bytesOf, metadataOf, textOf } from '../text-of.js';
import { type RowId, rowIdText, toRowId } from './row-id.js';
import {
  contentsStatement,
  idlessStatement,
  listSelections,
  pageStatement,
  rowStatement,
  type Selection,
  sampleStatement,
  selectionMark,
} from './selection.js';
import type { OpenSqlReader, SqlReader, SqlRow } from './sql-reader.js';

export interface SqlSourceDependencies {
  readonly database: DatabaseSettings;
  readonly openReader: OpenSqlReader;
}

export function createSqlSource(settings: SqlSourceSettings, { database, openReader }: SqlSourceDependencies): DocumentSource {
  const selections = listSelections(settings);
  const reader = new Lazy(() => openReader(database, settings.sql.database));
  const samples = new Map<Selection, RowId>();
  const getReader = () =>
    reader.get().catch((error: unknown) => {
      throw sourceUnreadable(`databases.${settings.sql.database}`, error, 'see to it that it runs and that its settings are right');
    });

  /** Any id of the column, which tells what kind of ids it has. */
  async function getSample(selection: Selection, connection: SqlReader, signal: AbortSignal): Promise<RowId> {
    const known = samples.get(selection);
    if (known !== undefined) return known;
    const [row] = await connection.read(sampleStatement(selection, connection), signal);
    const sample = toRowId(row?.['hector_id']) ?? '';
    if (row !== undefined) samples.set(selection, sample);
    return sample;
  }

  return {
    async *scan(signal) {
      const connection = await getReader();
      const failures: Error[] = [];
      for (const selection of selections) {
        try {
          yield* scanSelection(selection, settings, connection, signal);
        } catch (error) {
          throwIfAborted(signal);
          const failure = unreadable(selection, error);
          failures.push(failure);
          // Nothing can be said about the source as a whole.
          if (failures.length === selections.length) throw failure;
          yield unknownRest(selection.name, failure);
        }
      }
    },

    async read(document, _knownVersion, signal) {
      const connection = await getReader();
      const selection = selections.find(({ name }) => document.id.startsWith(`${connection.driver}:${name}:`));
      if (selection === undefined) throw gone(document.path);
      const id = document.id.slice(`${connection.driver}:${selection.name}:`.length);
      let row: SqlRow | undefined;
      try {
        const sample = await getSample(selection, connection, signal);
        const statement = rowStatement(selection, connection, { id, sample }, settings.maxFileBytes);
        if (statement !== undefined) [row] = await connection.read(statement, signal);
      } catch (error) {
        throwIfAborted(signal);
        throw unreadable(selection, error);
      }
      if (row === undefined) throw gone(document.path);
      const bytes = Number(row['hector_bytes']);
      if (bytes > settings.maxFileBytes) throw tooLarge(document, bytes, settings.maxFileBytes);
      const content = contentOf(selection, row, document.path);
      return document.version.startsWith(HASHED) ? { ...content, version: hashOf(selection, content) } : content;
    },

    async close() {
      await reader.close((opened) => opened.close());
    },
  };
}

async function* scanSelection(
  selection: Selection,
  { sql: { maxRows }, maxFileBytes }: SqlSourceSettings,
  reader: SqlReader,
  signal: AbortSignal,
): AsyncGenerator<SourceFinding> {
  const place = `${reader.driver}:${selection.name}`;
  const [idless] = await reader.read(idlessStatement(selection, reader), signal);
  if (idless !== undefined) yield documentProblem(`${place}:`, place, withoutId(selection));
  let from: RowId | undefined;
  let before: ReadonlySet<string> = new Set();
  for (let rows = 0; ; ) {
    throwIfAborted(signal);
    const page = await reader.read(pageStatement(selection, reader, from, PAGE_ROWS + before.size), signal);
    const fresh: Row[] = [];
    const ids = new Set<string>();
    for (const values of page) {
      const id = toRowId(values['hector_id']);
      if (id === undefined) yield documentProblem(`${place}:`, place, withoutId(selection));
      else {
        const text = rowIdText(id);
        from = id;
        if (ids.has(text)) yield documentProblem(`${place}:${text} again`, `${place}:${text}`, twice(selection, text));
        else if (!before.has(text)) fresh.push({ id, text, values });
        ids.add(text);
      }
    }
    const kept = maxRows === 0 ? fresh : fresh.slice(0, Math.max(0, maxRows - rows));
    yield* toFindings(selection, kept, { reader, place, maxFileBytes }, signal);
    rows += kept.length;
    if (kept.length < fresh.length) {
      yield { type: 'problem', problem: { id: place, path: place, isFolder: true, error: tooMany(selection, maxRows) } };
      return;
    }
    if (page.length < PAGE_ROWS + before.size) return;
    // A whole page of one id: what is behind it cannot be reached.
    if (fresh.length === 0) throw twice(selection, from === undefined ? '' : rowIdText(from));
    // Ids that compare as equal may come in any order: all of the last page are known.
    before = ids;
  }
}

interface Row {
  readonly id: RowId;
  readonly text: string;
  readonly values: SqlRow;
}

interface Place {
  readonly reader: SqlReader;
  readonly place: string;
  readonly maxFileBytes: number;
}

async function* toFindings(selection: Selection, rows: readonly Row[], at: Place, signal: AbortSignal): AsyncGenerator<SourceFinding> {
  const { place, maxFileBytes } = at;
  const mark = selectionMark(selection);
  let group: Row[] = [];
  let bytes = 0;
  for (const row of rows) {
    const size = Number(row.values['hector_bytes']);
    const path = `${place}:${row.text}`;
    const updated = row.values['hector_updated'];
    if (size > maxFileBytes) yield documentProblem(path, path, tooLarge({ path }, size, maxFileBytes));
    else if (updated !== undefined && updated !== null) yield toDocument(selection, row, place, `${mark}:${String(updated)}`);
    else {
      if (group.length > 0 && bytes + size > GROUP_BYTES) {
        yield* toHashed(selection, group, at, signal);
        group = [];
        bytes = 0;
      }
      group.push(row);
      bytes += size;
    }
  }
  if (group.length > 0) yield* toHashed(selection, group, at, signal);
}

/** Rows without a version of their own: their contents are one. */
async function* toHashed(
  selection: Selection,
  rows: readonly Row[],
  { reader, place }: Place,
  signal: AbortSignal,
): AsyncGenerator<SourceFinding> {
  const statement = contentsStatement(
    selection,
    reader,
    rows.map(({ id }) => id),
  );
  const found = new Map<string, SqlRow>();
  for (const values of await reader.read(statement, signal)) {
    const id = toRowId(values['hector_id']);
    if (id !== undefined) found.set(rowIdText(id), values);
  }
  for (const row of rows) {
    const values = found.get(row.text);
    // Deleted since the page was read.
    if (values === undefined) continue;
    const path = `${place}:${row.text}`;
    try {
      yield toDocument(selection, row, place, hashOf(selection, contentOf(selection, values, path)));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      yield documentProblem(path, path, error);
    }
  }
}

function toDocument({ name, metadataColumns }: Selection, { text, values }: Row, place: string, version: string): SourceFinding {
  const id = `${place}:${text}`;
  const metadata = metadataOf(metadataColumns.map((column, index) => ({ name: column, value: shorten(values[`hector_m${index}`]) })));
  const bytes = Number(values['hector_bytes']);
  return { type: 'document', document: { id, name: `${name} ${text}`, path: id, bytes, modifiedAt: 0, version, metadata } };
}

/** One column of bytes may be a file, whose kind its first bytes tell; all else is text. */
function contentOf({ contentColumns }: Selection, row: SqlRow, path: string): SourceContent {
  const [only] = contentColumns.length === 1 ? [row['hector_c0']] : [];
  if (only instanceof Uint8Array) return { bytes: Uint8Array.from(only) };
  try {
    const text = textOf(contentColumns.map((name, index) => ({ name, value: row[`hector_c${index}`] })));
    return { bytes: bytesOf(text), mediaType: 'text/plain; charset=utf-8' };
  } catch (cause) {
    throw new AppError('DOCUMENT_NOT_TEXT', {
      message: `'${path}' has bytes among its columns that are no UTF-8; choose other columns`,
      cause,
    });
  }
}

function hashOf(selection: Selection, { bytes }: SourceContent): string {
  return `${HASHED}${selectionMark(selection)}:${sha256Hex(bytes).slice(0, 40)}`;
}

/** What searches filter by is short; bytes are nothing to filter by, but some databases give their text as bytes. */
function shorten(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value.subarray(0, MAX_METADATA / 2)).toString('hex');
  if (typeof value === 'bigint') return String(value);
  return typeof value === 'string' && value.length > MAX_METADATA ? value.slice(0, MAX_METADATA) : value;
}

function unreadable({ keyPath }: Selection, error: unknown): AppError {
  if (error instanceof AppError && error.code.startsWith('DOCUMENT_')) return error;
  if (error instanceof AppError)
    return sourceUnreadable(`source.${keyPath}`, error, 'see to it that its database runs and that its settings are right');
  return sourceUnreadable(`source.${keyPath}`, error, 'correct the names of tables and columns, or the rights of the user of the database');
}

function gone(path: string): AppError {
  return new AppError('DOCUMENT_SOURCE_UNREADABLE', { message: `'${path}' is no longer there` });
}

function withoutId({ keyPath, idColumn }: Selection): AppError {
  return new AppError('DOCUMENT_SOURCE_UNREADABLE', {
    message: `source.${keyPath}: rows have no value in '${idColumn}' and are no documents; name a column in id_column that every row has`,
  });
}

function twice({ keyPath, idColumn }: Selection, id: string): AppError {
  return new AppError('DOCUMENT_SOURCE_UNREADABLE', {
    message: `source.${keyPath}: '${id}' stands in '${idColumn}' more than once; name a column in id_column that tells rows apart`,
  });
}

function tooMany({ keyPath }: Selection, maxRows: number): AppError {
  return new AppError('DOCUMENT_SOURCE_UNREADABLE', {
    message: `source.${keyPath} has more than ${maxRows} rows; the others are not indexed. Raise source.sql.max_rows`,
  });
}

const HASHED = 'sha256:';
const PAGE_ROWS = 500;
const GROUP_BYTES = 4 * 1024 * 1024;
const MAX_METADATA = 1_000;
