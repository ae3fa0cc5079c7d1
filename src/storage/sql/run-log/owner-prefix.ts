/** Owners whose name begins so (`OwnerScope`), in every dialect: an ordinary LIKE would read signs of its own in it. */
export const OWNER_BEGINS = 'SUBSTR(owner, 1, ?) = ?';

/** Parameters of `OWNER_BEGINS`. */
export function beginning(prefix: string): readonly [length: number, prefix: string] {
  return [[...prefix].length, prefix];
}
