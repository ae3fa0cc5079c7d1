/**
 * Files of one graph: `<name>.json` (the manifest) and the graph file that it names.
 *
 * 1. Every file is written under a name of its own, synced and renamed; the manifest last. A reader sees a whole
 *    snapshot or none, whoever else writes (several processes may share the folder; the last manifest wins).
 * 2. A graph file is opened only when its size and checksum are those of the manifest: the native reader trusts it.
 */
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import hnswlib from 'hnswlib-node';
import { newId } from '../../../../base/ids.js';
import { sha256Hex } from '../../../../base/json.js';
import type { IndexPosition, IndexTarget } from '../../../../threads/messages.js';
import type { LabelEntry } from './shared-labels.js';

export interface GraphState {
  /** `undefined` = no vector yet. */
  readonly graph: hnswlib.HierarchicalNSW | undefined;
  readonly dimension: number;
  readonly labels: readonly LabelEntry[];
  readonly nextLabel: number;
  readonly position: IndexPosition;
}

export type LoadedGraph = GraphState & { readonly graph: hnswlib.HierarchicalNSW };

interface Manifest extends Omit<GraphState, 'graph'> {
  readonly format: number;
  readonly collection: string;
  readonly graphFile: string;
  readonly graphBytes: number;
  readonly graphChecksum: number;
}

export class GraphSnapshot {
  readonly #target: IndexTarget;
  readonly #name: string;

  constructor(target: IndexTarget) {
    this.#target = target;
    this.#name = `${target.collection.replace(/[^\w.-]+/g, '_').slice(0, 80)}.${sha256Hex(target.collection).slice(0, 8)}`;
  }

  /** `undefined` = there is none. @throws Error saying why the one on disk is unusable */
  async load(): Promise<LoadedGraph | undefined> {
    const manifest = await this.#readManifest();
    if (manifest === undefined) return undefined;
    try {
      return await this.#read(manifest);
    } catch (error) {
      // Another process may have put a newer snapshot in the place of this one meanwhile.
      const newer = await this.#readManifest();
      if (newer === undefined || newer.graphFile === manifest.graphFile) throw error;
      return await this.#read(newer);
    }
  }

  async save({ graph, ...rest }: GraphState): Promise<void> {
    if (graph === undefined) return await this.remove();
    const { directory } = this.#target;
    await mkdir(directory, { recursive: true });
    const unique = newId();
    const graphFile = `${this.#name}.${unique}.graph`;
    const graphTemporary = join(directory, `${graphFile}.tmp`);
    const manifestTemporary = join(directory, `${this.#name}.${unique}.json.tmp`);
    try {
      await graph.writeIndex(graphTemporary);
      await sync(graphTemporary);
      const graphBytes = (await stat(graphTemporary)).size;
      const graphChecksum = await checksum(graphTemporary);
      await rename(graphTemporary, join(directory, graphFile));
      const manifest: Manifest = {
        format: FORMAT,
        collection: this.#target.collection,
        graphFile,
        graphBytes,
        graphChecksum,
        ...rest,
      };
      const file = await open(manifestTemporary, 'w');
      try {
        const text = JSON.stringify(manifest);
        await file.writeFile(`${crc32(text)}\n${text}`);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(manifestTemporary, this.#manifestPath());
      await sync(directory);
    } catch (error) {
      await rm(graphTemporary, { force: true });
      await rm(manifestTemporary, { force: true });
      throw error;
    }
    await this.#removeFiles((name, ageMs) => name !== graphFile && ageMs > STALE_MS);
  }

  async remove(): Promise<void> {
    await rm(this.#manifestPath(), { force: true });
    await this.#removeFiles((_, ageMs) => ageMs > STALE_MS);
  }

  async #read(manifest: Manifest): Promise<LoadedGraph> {
    if (manifest.format !== FORMAT || manifest.collection !== this.#target.collection)
      throw new Error('it is of another format or collection');
    const path = join(this.#target.directory, manifest.graphFile);
    const { size } = await stat(path);
    if (size !== manifest.graphBytes || (await checksum(path)) !== manifest.graphChecksum) throw new Error('its checksum does not fit');
    const graph = new hnswlib.HierarchicalNSW('ip', manifest.dimension);
    await graph.readIndex(path);
    return { ...manifest, graph };
  }

  #manifestPath(): string {
    return join(this.#target.directory, `${this.#name}.json`);
  }

  async #readManifest(): Promise<Manifest | undefined> {
    let text: string;
    try {
      text = await readFile(this.#manifestPath(), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    const body = text.slice(text.indexOf('\n') + 1);
    if (`${crc32(body)}\n` !== text.slice(0, -body.length)) throw new Error('the checksum of its manifest does not fit');
    return JSON.parse(body) as Manifest;
  }

  /** Removes graph and temporary files that no manifest names; young ones may belong to a process that is writing. */
  async #removeFiles(isWaste: (name: string, ageMs: number) => boolean): Promise<void> {
    const current = await this.#readManifest().catch(() => undefined);
    for (const name of await readdir(this.#target.directory).catch(() => [])) {
      if (!name.startsWith(`${this.#name}.`) || !/\.(?:graph|tmp)$/.test(name) || name === current?.graphFile) continue;
      const path = join(this.#target.directory, name);
      const found = await stat(path).catch(() => undefined);
      if (found !== undefined && isWaste(name, Date.now() - found.mtimeMs)) await rm(path, { force: true });
    }
  }
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function checksum(path: string): Promise<number> {
  let value = 0;
  for await (const block of createReadStream(path, { highWaterMark: 1 << 20 })) value = crc32(block as Buffer, value);
  return value;
}

/** Raised when graphs are built or stored in another way; snapshots of another format are dropped and built anew. */
const FORMAT = 2;
/** How old an unnamed graph file is before it is waste, milliseconds. */
const STALE_MS = 60_000;
