/**
 * What was used a moment ago, by a key.
 *
 * Owns: as much as has `maxCharacters` together; what was used longest ago goes first. Does not own: whether it still holds.
 */
export class RecentlyUsed<T extends { readonly characters: number }> {
  readonly #maxCharacters: number;
  readonly #kept = new Map<string, T>();
  #characters = 0;
  #newest: string | undefined;

  constructor(maxCharacters: number) {
    this.#maxCharacters = maxCharacters;
  }

  find(key: string): T | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined || key === this.#newest) return kept;
    // Last of all again.
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    this.#newest = key;
    return kept;
  }

  /** In place of what the key had. */
  keep(key: string, value: T): void {
    this.drop(key);
    this.#kept.set(key, value);
    this.#newest = key;
    this.#characters += value.characters;
    for (const oldest of this.#kept.keys()) {
      if (this.#characters <= this.#maxCharacters) return;
      this.drop(oldest);
    }
  }

  /** Without effect for a key that is not there. */
  drop(key: string): void {
    this.#characters -= this.#kept.get(key)?.characters ?? 0;
    this.#kept.delete(key);
  }
}
