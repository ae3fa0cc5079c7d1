/**
 * A roll (`roll.ts`) of what is found by a key, instead of a `Map` whose members come and go thousands of times a second: the tables that
 * V8 keeps hold keys and numbers only, and let go of the members.
 *
 * Owns: the place of each member. Bounded by whoever sets.
 */
export class KeyedRoll<T> {
  readonly #places = new Map<string, number>();
  /** Both by place. */
  readonly #keys: string[] = [];
  readonly #members: T[] = [];

  get size(): number {
    return this.#members.length;
  }

  has(key: string): boolean {
    return this.#places.has(key);
  }

  get(key: string): T | undefined {
    const place = this.#places.get(key);
    return place === undefined ? undefined : this.#members[place];
  }

  set(key: string, member: T): void {
    const place = this.#places.get(key);
    if (place !== undefined) {
      this.#members[place] = member;
      return;
    }
    this.#places.set(key, this.#keys.push(key) - 1);
    this.#members.push(member);
  }

  /** Without effect for a key that is not there. */
  delete(key: string): void {
    const place = this.#places.get(key);
    if (place === undefined) return;
    this.#places.delete(key);
    const lastKey = this.#keys.pop() as string;
    const last = this.#members.pop() as T;
    if (lastKey === key) return;
    this.#keys[place] = lastKey;
    this.#members[place] = last;
    this.#places.set(lastKey, place);
  }

  /** As they are now, in no order. */
  keys(): readonly string[] {
    return [...this.#keys];
  }

  /** As they are now, in no order. */
  list(): readonly T[] {
    return [...this.#members];
  }
}
