/** Entries as lines of JSON: `{ metadata: [new ones], entries: [[id, place of its metadata, row], …] }`, some hundred entries each. */
import { readFile } from 'node:fs/promises';
import type { Metadata } from '../../../../base/metadata.js';
import { EntryTable } from './entry-table.js';
import { Slice } from './slice.js';

interface Line {
  readonly metadata: readonly Metadata[];
  readonly entries: readonly (readonly [id: string, metadata: number, row: number])[];
}

/** Entries `0 … count - 1`. */
export async function* tableLines(table: EntryTable, count: number): AsyncGenerator<Uint8Array> {
  const places = new Map<Metadata, number>();
  const slice = new Slice();
  for (let from = 0; from < count; from += LINE_ENTRIES) {
    const metadata: Metadata[] = [];
    const entries: Line['entries'][number][] = [];
    for (let entry = from; entry < Math.min(count, from + LINE_ENTRIES); entry++) {
      const of = table.metadata(entry);
      if (!places.has(of)) {
        places.set(of, places.size);
        metadata.push(of);
      }
      entries.push([table.id(entry), places.get(of) as number, table.row(entry)]);
    }
    yield Buffer.from(`${JSON.stringify({ metadata, entries } satisfies Line)}\n`);
    await slice.giveWay();
  }
}

export async function readTable(path: string): Promise<EntryTable> {
  const bytes = await readFile(path);
  const table = new EntryTable();
  const known: Metadata[] = [];
  const slice = new Slice();
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(NEWLINE, from);
    if (end === -1) throw new Error('a table of entries ends within a line');
    const { metadata, entries } = JSON.parse(bytes.toString('utf8', from, end)) as Line;
    for (const each of metadata) known.push(table.intern(each));
    for (const [id, place, row] of entries) table.append(id, known[place] as Metadata, row);
    from = end + 1;
    await slice.giveWay();
  }
  return table;
}

const NEWLINE = 10;
const LINE_ENTRIES = 200;
