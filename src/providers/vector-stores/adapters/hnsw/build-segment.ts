/**
 * Builds one graph and its files. Lives in the builder's thread, which nobody's search waits for; holds nothing between two builds.
 *
 * A base keeps its rows, and only what is new is put in: growing a collection costs each vector one insertion, not one per build.
 */
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { IndexBuildJob, IndexBuildSource, IndexBuilt, StoredRows } from '../../../../threads/messages.js';
import { engineOf } from './engines.js';
import type { GraphWriter } from './graph-engine.js';
import { RowReader } from './row-reader.js';
import { SeenRows } from './seen-rows.js';
import { storeFile, storeWritten, withPlainFile } from './segment-file.js';

export async function buildSegment(job: IndexBuildJob): Promise<IndexBuilt> {
  const files: FileHandle[] = [];
  try {
    return await withBase(job, (path) => build(job, path, files));
  } catch (error) {
    for (const kind of KINDS)
      for (const end of ['', '.gz']) await rm(join(job.directory, `${job.fileName}.${kind}${end}`), { force: true });
    throw error;
  } finally {
    await Promise.all(files.map((file) => file.close()));
  }
}

async function withBase<T>({ base, directory }: IndexBuildJob, use: (path: string | undefined) => Promise<T>): Promise<T> {
  return base === undefined ? await use(undefined) : await withPlainFile(directory, base.graph, use);
}

async function build(job: IndexBuildJob, basePath: string | undefined, files: FileHandle[]): Promise<IndexBuilt> {
  const { base, directory, dimension, settings } = job;
  const engine = engineOf(settings);
  const taken = job.sources.reduce((sum, { take }) => sum + take.length, 0);
  const firstNew = base?.count ?? 0;
  const writer = await engine.write(
    { dimension, settings },
    basePath === undefined ? undefined : { path: basePath, count: firstNew },
    firstNew + taken,
  );
  try {
    const baseRows = base && (await openRows(job, base.rows, files));
    const added: Float32Array[] = [];
    const seen = new SeenRows((row) => (row < firstNew ? (baseRows as RowReader).row(row) : (added[row - firstNew] as Float32Array)));
    let row = 0;
    for (const vector of baseRows?.rows(0, firstNew) ?? []) seen.add(vector, row++);
    const rowOf = new Uint32Array(taken);
    let at = 0;
    for (const source of job.sources)
      for (const vector of await vectorsOf(job, source, files))
        rowOf[at++] = seen.find(vector) ?? addRow(vector, { writer, seen, added, firstNew });
    const graphName = `${job.fileName}.graph`;
    await writer.save(join(directory, graphName));
    const inGraph = await engine.findRows(join(directory, graphName), { dimension, settings });
    const graph = await storeWritten(directory, graphName, settings.compress);
    const rows: StoredRows =
      inGraph === undefined
        ? {
            type: 'stored',
            file: await storeFile(directory, `${job.fileName}.rows`, bytesOf(baseRows, firstNew, added), settings.compress),
            offset: 0,
            stride: dimension * 4,
          }
        : { type: 'stored', file: graph, ...inGraph };
    return { graph, rows, count: firstNew + added.length, rowOf };
  } finally {
    writer.close();
  }
}

function addRow(
  vector: Float32Array,
  { writer, seen, added, firstNew }: { writer: GraphWriter; seen: SeenRows; added: Float32Array[]; firstNew: number },
): number {
  const row = firstNew + added.length;
  const kept = vector.slice();
  writer.add(kept);
  seen.add(kept, row);
  added.push(kept);
  return row;
}

async function vectorsOf(job: IndexBuildJob, { rows, take }: IndexBuildSource, files: FileHandle[]): Promise<Iterable<Float32Array>> {
  if (rows.type === 'stored') {
    const reader = await openRows(job, rows, files);
    return mapEach(take, (row) => reader.row(row));
  }
  return mapEach(take, (row) => new Float32Array(rows.buffer, rows.offset + row * rows.stride, job.dimension));
}

/** A reader of a stored file; of a compressed one, of a copy whose name is gone and that ends with its descriptor. */
async function openRows(job: IndexBuildJob, rows: StoredRows, files: FileHandle[]): Promise<RowReader> {
  const file = await withPlainFile(job.directory, rows.file, (path) => open(path, 'r'));
  files.push(file);
  return new RowReader(file.fd, rows, job.dimension);
}

function* bytesOf(base: RowReader | undefined, baseCount: number, added: readonly Float32Array[]): Generator<Uint8Array> {
  // Copies: a stream may hold a block longer than a reader leaves it alone.
  for (const vector of base?.rows(0, baseCount) ?? []) yield new Uint8Array(vector.slice().buffer);
  for (const vector of added) yield new Uint8Array(vector.buffer);
}

function* mapEach<T, U>(values: Iterable<T>, map: (value: T) => U): Generator<U> {
  for (const value of values) yield map(value);
}

const KINDS = ['graph', 'rows'];
