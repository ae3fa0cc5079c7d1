/**
 * The entries of one segment: id, metadata, and the row that holds the vector. Append-only; an entry that is replaced or removed
 * dies and keeps its place. Equal metadata is kept once.
 */

import { canonicalJson } from '../../../../base/json.js';
import { type Metadata, type MetadataFilter, matchesFilter } from '../../../../base/metadata.js';
import type { Slice } from './slice.js';

/** Entries that a filter matches, dead or not; `bits[entry]` is 1. */
interface Matches {
  readonly filter: MetadataFilter;
  bits: Uint8Array;
  /** Entries looked at so far. */
  seen: number;
  count: number;
}

export class EntryTable {
  readonly #ids: string[] = [];
  readonly #metadata: Metadata[] = [];
  readonly #rows: number[] = [];
  readonly #byId = new Map<string, number>();
  readonly #interned = new Map<string, Metadata>();
  readonly #matches = new Map<string, Matches>();
  #dead = new Uint8Array(64);
  #deadCount = 0;
  #characters = 0;

  get size(): number {
    return this.#ids.length;
  }

  get living(): number {
    return this.#ids.length - this.#deadCount;
  }

  /** About, in bytes. */
  get bytes(): number {
    return this.#characters + this.#ids.length * BYTES_PER_ENTRY;
  }

  /** The id must not be alive here. */
  append(id: string, metadata: Metadata, row: number): void {
    const entry = this.#ids.length;
    this.#ids.push(id);
    this.#metadata.push(metadata);
    this.#rows.push(row);
    this.#byId.set(id, entry);
    this.#characters += id.length;
    if (entry < this.#dead.length) return;
    const grown = new Uint8Array(this.#dead.length * 2);
    grown.set(this.#dead);
    this.#dead = grown;
  }

  /** The same object for equal metadata. */
  intern(metadata: Metadata): Metadata {
    const key = canonicalJson(metadata);
    const known = this.#interned.get(key);
    if (known !== undefined) return known;
    this.#interned.set(key, metadata);
    this.#characters += key.length;
    return metadata;
  }

  find(id: string): number | undefined {
    const entry = this.#byId.get(id);
    return entry === undefined || this.#dead[entry] === 1 ? undefined : entry;
  }

  isAlive(entry: number): boolean {
    return this.#dead[entry] === 0;
  }

  kill(entry: number): void {
    if (this.#dead[entry] === 1) return;
    this.#dead[entry] = 1;
    this.#deadCount += 1;
  }

  id(entry: number): string {
    return this.#ids[entry] as string;
  }

  metadata(entry: number): Metadata {
    return this.#metadata[entry] as Metadata;
  }

  row(entry: number): number {
    return this.#rows[entry] as number;
  }

  livingEntries(): Uint32Array {
    const entries = new Uint32Array(this.living);
    let at = 0;
    for (let entry = 0; entry < this.size; entry++) if (this.#dead[entry] === 0) entries[at++] = entry;
    return entries;
  }

  /** A bit per entry, set for the dead; as of now. */
  deadBits(): Uint8Array {
    const bits = new Uint8Array(Math.ceil(this.size / 8));
    for (let entry = 0; entry < this.size; entry++)
      if (this.#dead[entry] === 1) bits[entry >> 3] = (bits[entry >> 3] as number) | (1 << (entry & 7));
    return bits;
  }

  /** Which entries the filter matches; remembered, so that asking again costs only what came since. */
  async matching(filter: MetadataFilter, slice: Slice): Promise<{ readonly bits: Uint8Array; readonly count: number }> {
    const matches = this.#matchesOf(filter);
    // One loop at a time may be suspended here with others running: each goes on from wherever `seen` is.
    for (; matches.seen < this.size; await slice.giveWay()) {
      if (matches.bits.length < this.#dead.length) {
        const grown = new Uint8Array(this.#dead.length);
        grown.set(matches.bits);
        matches.bits = grown;
      }
      const end = Math.min(this.size, matches.seen + FILTER_RUN);
      let last: Metadata | undefined;
      let isMatch = false;
      for (let entry = matches.seen; entry < end; entry++) {
        const metadata = this.#metadata[entry] as Metadata;
        if (metadata !== last) isMatch = matchesFilter(metadata, filter);
        last = metadata;
        if (!isMatch) continue;
        matches.bits[entry] = 1;
        matches.count += 1;
      }
      matches.seen = end;
    }
    return matches;
  }

  #matchesOf(filter: MetadataFilter): Matches {
    const key = canonicalJson(filter);
    const matches = this.#matches.get(key) ?? { filter, bits: new Uint8Array(this.#dead.length), seen: 0, count: 0 };
    // The filter that was asked last goes last.
    this.#matches.delete(key);
    this.#matches.set(key, matches);
    if (this.#matches.size > MAX_FILTERS) this.#matches.delete(this.#matches.keys().next().value as string);
    return matches;
  }
}

/** Places in arrays and maps. */
const BYTES_PER_ENTRY = 120;
/** Filters whose matches a segment remembers. */
const MAX_FILTERS = 8;
const FILTER_RUN = 256;
