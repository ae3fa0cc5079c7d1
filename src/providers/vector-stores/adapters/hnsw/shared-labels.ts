/**
 * Ids ↔ labels of a graph: ids with the same vector share one label. Equal points in a graph fill each other's lists of
 * neighbours until nothing leads to the rest any more; so a graph never gets one twice.
 */
import { sha256Hex } from '../../../../base/json.js';

export interface LabelEntry {
  readonly label: number;
  /** Of the vector (`vectorKey`). */
  readonly key: string;
  readonly ids: readonly string[];
}

/** Two vectors have the same key only when they are the same bytes. */
export function vectorKey(vector: Float32Array): string {
  return sha256Hex(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength)).slice(0, 32);
}

export class SharedLabels {
  readonly #byId = new Map<string, number>();
  readonly #byKey = new Map<string, number>();
  readonly #groups = new Map<number, { readonly key: string; readonly ids: Set<string> }>();
  #next: number;

  /** Labels from `nextLabel` on are free; below it, one without ids may still be a marked point of the graph. */
  constructor(entries: readonly LabelEntry[] = [], nextLabel = 0) {
    for (const { label, key, ids } of entries) {
      this.#groups.set(label, { key, ids: new Set(ids) });
      this.#byKey.set(key, label);
      for (const id of ids) this.#byId.set(id, label);
    }
    this.#next = nextLabel;
  }

  get nextLabel(): number {
    return this.#next;
  }

  /** Ids. */
  get count(): number {
    return this.#byId.size;
  }

  /** Labels in use: vectors that differ. */
  get distinct(): number {
    return this.#groups.size;
  }

  has(label: number): boolean {
    return this.#groups.has(label);
  }

  labels(): readonly number[] {
    return [...this.#groups.keys()];
  }

  ids(label: number): Iterable<string> {
    return this.#groups.get(label)?.ids ?? [];
  }

  entries(): readonly LabelEntry[] {
    return [...this.#groups].map(([label, { key, ids }]) => ({ label, key, ids: [...ids] }));
  }

  /** Puts `id` on the label of `key`; `isNew` = the label is not in the graph yet. The id must not be on another one. */
  add(id: string, key: string): { readonly label: number; readonly isNew: boolean } {
    const known = this.#byKey.get(key);
    const label = known ?? this.#next++;
    const group = this.#groups.get(label) ?? { key, ids: new Set() };
    group.ids.add(id);
    this.#groups.set(label, group);
    this.#byKey.set(key, label);
    this.#byId.set(id, label);
    return { label, isNew: known === undefined };
  }

  /** Takes `id` away; the label that nobody needs any more, if that was its last id. */
  remove(id: string): number | undefined {
    const label = this.#byId.get(id);
    const group = label === undefined ? undefined : this.#groups.get(label);
    if (label === undefined || group === undefined) return undefined;
    this.#byId.delete(id);
    group.ids.delete(id);
    if (group.ids.size > 0) return undefined;
    this.#groups.delete(label);
    this.#byKey.delete(group.key);
    return label;
  }

  /** `id` is there with this very vector. */
  holds(id: string, key: string): boolean {
    const label = this.#byId.get(id);
    return label !== undefined && this.#byKey.get(key) === label;
  }
}
