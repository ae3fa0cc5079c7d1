/**
 * Members that come and go thousands of times a second, in no order. Unlike a `Set`, whose tables, once old, are each replaced by another old
 * one that V8 keeps, with all that was in the one before, until the next full collection.
 *
 * Owns: the place of each member. Bounded by whoever adds.
 */
export interface RollMember {
  /** Where it stands; the roll's own. */
  place: number;
}

export class Roll<T extends RollMember> {
  readonly #members: T[] = [];

  get size(): number {
    return this.#members.length;
  }

  has(member: T): boolean {
    return this.#members[member.place] === member;
  }

  /** Of one that stands in no roll. */
  add(member: T): void {
    member.place = this.#members.push(member) - 1;
  }

  /** Without effect for one that does not stand in it. */
  delete(member: T): void {
    if (!this.has(member)) return;
    const last = this.#members.pop() as T;
    if (last === member) return;
    this.#members[member.place] = last;
    last.place = member.place;
  }

  /** As they are now. */
  list(): readonly T[] {
    return [...this.#members];
  }
}
