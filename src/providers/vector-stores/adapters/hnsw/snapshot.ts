/**
 * A collection's files, written and read.
 *
 * 1. What a manifest names was whole and synced before; what it does not name counts for nothing.
 * 2. A file is opened only when its size and checksum are those of the manifest: native readers trust what they read.
 * 3. One bad segment costs only itself: the others stay, and the position goes back to the beginning of the same source, so that
 *    whoever fills the collection goes over everything once and puts in what is missing.
 */
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from '../../../../base/errors.js';
import type { IndexFile, IndexPosition, IndexTarget } from '../../../../threads/messages.js';
import { engineOf } from './engines.js';
import type { FileNames } from './file-names.js';
import { FlatSegment } from './flat-segment.js';
import type { SearchGraph } from './graph-engine.js';
import { GraphSegment } from './graph-segment.js';
import { type Manifest, readManifest, type SegmentRecord, writeManifest } from './manifest.js';
import type { Segment, SegmentFiles } from './segment.js';
import { SegmentFile, storeFile, verifyFile, withPlainFile } from './segment-file.js';
import { Slice } from './slice.js';
import { readTable, tableLines } from './table-file.js';

export interface Loaded {
  readonly dimension: number;
  readonly position: IndexPosition;
  readonly segments: readonly Segment[];
  /** Why some of it could not be used. */
  readonly discarded: string | undefined;
}

export class Snapshot {
  readonly #target: IndexTarget;
  readonly #names: FileNames;
  readonly #flatCapacity: (dimension: number) => number;

  constructor(target: IndexTarget, names: FileNames, flatCapacity: (dimension: number) => number) {
    this.#target = target;
    this.#names = names;
    this.#flatCapacity = flatCapacity;
  }

  /** `undefined` = there is none. @throws Error saying why the one on disk is of no use */
  async load(): Promise<Loaded | undefined> {
    const path = join(this.#target.directory, this.#names.manifest);
    let manifest = await readManifest(path);
    for (let tries = 1; manifest !== undefined; tries++) {
      this.#check(manifest);
      const loaded = await this.#loadSegments(manifest);
      if (loaded.discarded === undefined || tries === MAX_TRIES) return loaded;
      // Another process may have put a newer snapshot in the place of this one, and taken its files away.
      const newer = await readManifest(path);
      if (JSON.stringify(newer) === JSON.stringify(manifest)) return loaded;
      await Promise.all(loaded.segments.map((segment) => segment.close()));
      manifest = newer;
    }
    return undefined;
  }

  /** `needed`: beginnings of names of files that are being written for what comes next. */
  async save(state: Omit<Loaded, 'discarded'>, current: () => readonly Segment[], needed: readonly string[]): Promise<void> {
    const { collection, directory, settings } = this.#target;
    await mkdir(directory, { recursive: true });
    // The dead of this moment: what dies while files are written belongs to a later position.
    const dead = state.segments.map((segment) => Buffer.from(segment.table.deadBits()).toString('base64'));
    const segments: SegmentRecord[] = [];
    for (const [index, segment] of state.segments.entries())
      segments.push({ kind: segment.kind, ...(await this.#store(segment)), dead: dead[index] as string });
    const { engine, m, efConstruction, quantization } = settings;
    await writeManifest(
      directory,
      { manifest: this.#names.manifest, temporary: this.#names.create() },
      { collection, built: { engine, m, efConstruction, quantization }, dimension: state.dimension, position: state.position, segments },
    );
    const live = current().flatMap((segment) => (segment.files === undefined ? [] : namesOf(segment.files)));
    await this.#names.removeWaste(directory, new Set(segments.flatMap(namesOf)), new Set([...live, ...needed]));
  }

  async remove(needed: readonly string[]): Promise<void> {
    const { directory } = this.#target;
    await rm(join(directory, this.#names.manifest), { force: true });
    await this.#names.removeWaste(directory, new Set(), new Set(needed));
  }

  /** The file of a segment's entries, which its graph does not have. */
  async storeTable(segment: Pick<Segment, 'table'>, name: string): Promise<IndexFile> {
    const { directory, settings } = this.#target;
    return await storeFile(directory, `${name}.table`, tableLines(segment.table, segment.table.size), settings.compress);
  }

  #check(manifest: Manifest): void {
    const { collection, settings } = this.#target;
    if (manifest.collection !== collection) throw new Error('it is of another collection');
    for (const key of ['engine', 'm', 'efConstruction', 'quantization'] as const)
      if (manifest.built[key] !== settings[key])
        throw new Error(`it was built with ${key} ${manifest.built[key]}, and the configuration says ${settings[key]}`);
  }

  async #loadSegments({ dimension, position, segments: records }: Manifest): Promise<Loaded> {
    const segments: Segment[] = [];
    const failures: string[] = [];
    for (const record of records) {
      try {
        segments.push(await this.#open(record, dimension));
      } catch (error) {
        failures.push(describeError(error));
      }
    }
    if (failures.length === 0) return { dimension, position, segments, discarded: undefined };
    const discarded = `${failures.length} of ${records.length} segments: ${failures.join('; ')}`;
    return { dimension, position: { source: position.source, version: 0 }, segments, discarded };
  }

  async #open(record: SegmentRecord, dimension: number): Promise<Segment> {
    const { directory, settings } = this.#target;
    const files = [record.table, record.rows.file, ...(record.graph === undefined ? [] : [record.graph])];
    for (const file of new Map(files.map((each) => [each.name, each])).values()) await verifyFile(directory, file);
    const table = await withPlainFile(directory, record.table, readTable);
    if (table.size !== record.entries) throw new Error(`${record.table.name} has ${table.size} entries, not ${record.entries}`);
    const dead = Buffer.from(record.dead, 'base64');
    const isDead = (entry: number) => (((dead[entry >> 3] as number) >> (entry & 7)) & 1) === 1;
    let segment: Segment;
    if (record.graph === undefined) {
      const rows = await withPlainFile(directory, record.rows.file, (path) => readFile(path));
      const flat = new FlatSegment(dimension, Math.max(record.entries, this.#flatCapacity(dimension)));
      const slice = new Slice();
      for (let entry = 0; entry < record.entries; entry++) {
        const at = rows.byteOffset + entry * record.rows.stride;
        flat.append(table.id(entry), table.metadata(entry), new Float32Array(rows.buffer.slice(at, at + dimension * 4)));
        if (isDead(entry)) flat.kill(entry);
        if (slice.isOver) await slice.giveWay();
      }
      segment = flat;
    } else {
      for (let entry = 0; entry < record.entries; entry++) if (isDead(entry)) table.kill(entry);
      segment = await openGraphSegment(directory, { ...record, graph: record.graph }, { dimension, settings, table });
    }
    segment.files = { table: record.table, rows: record.rows, graph: record.graph, entries: record.entries, rowCount: record.rowCount };
    return segment;
  }

  async #store(segment: Segment): Promise<SegmentFiles> {
    const { directory, settings } = this.#target;
    const { files } = segment;
    if (segment instanceof GraphSegment && files !== undefined) {
      await segment.ensureFiles();
      if (await isThere(directory, files.table)) return files;
      segment.files = { ...files, table: await this.storeTable(segment, this.#names.create()) };
      return segment.files;
    }
    const entries = segment.table.size;
    if (files?.entries === entries && (await isThere(directory, files.table)) && (await isThere(directory, files.rows.file))) return files;
    if (!(segment instanceof FlatSegment)) throw new Error('a sealed segment has lost its files');
    const name = this.#names.create();
    const { buffer, offset, stride } = segment.rows;
    const rows = await storeFile(directory, `${name}.rows`, blocks(new Uint8Array(buffer, offset, entries * stride)), settings.compress);
    const table = await storeFile(directory, `${name}.table`, tableLines(segment.table, entries), settings.compress);
    segment.files = { table, rows: { type: 'stored', file: rows, offset: 0, stride }, graph: undefined, entries, rowCount: entries };
    return segment.files;
  }
}

export async function openGraphSegment(
  directory: string,
  files: Pick<SegmentFiles, 'rows' | 'rowCount'> & { readonly graph: IndexFile },
  { dimension, settings, table }: Pick<GraphSegment, 'dimension' | 'table'> & Pick<IndexTarget, 'settings'>,
): Promise<GraphSegment> {
  const { rows, rowCount } = files;
  let opened: SearchGraph | undefined;
  const graphFile = await SegmentFile.open(directory, files.graph, async (path) => {
    opened = await engineOf(settings).open(path, { dimension, settings });
  });
  const rowsFile = rows.file.name === files.graph.name ? graphFile : await SegmentFile.open(directory, rows.file);
  return new GraphSegment({ dimension, table, graph: opened as SearchGraph, rowCount, rows, graphFile, rowsFile });
}

function namesOf({ table, rows, graph }: SegmentFiles): string[] {
  return [table.name, rows.file.name, ...(graph === undefined ? [] : [graph.name])];
}

/** Copies, a piece at a time: shared memory is not for streams. */
function* blocks(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) yield Uint8Array.from(bytes.subarray(at, at + BLOCK_BYTES));
}

async function isThere(directory: string, file: IndexFile): Promise<boolean> {
  return (await stat(join(directory, file.name)).catch(() => undefined))?.size === file.bytes;
}

/** How often a newer snapshot may come while one is opened. */
const MAX_TRIES = 5;
const BLOCK_BYTES = 1 << 18;
