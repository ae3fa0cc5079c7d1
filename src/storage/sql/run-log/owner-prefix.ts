/**
 * Owners whose name begins so (`OwnerScope`), in every dialect: an ordinary LIKE would read signs of its own in it. Where spaces at the
 * end do not count in a comparison (MySQL), an owner that is shorter than the prefix would pass; its length says no.
 */
export const OWNER_BEGINS = 'SUBSTR(owner, 1, ?) = ? AND OCTET_LENGTH(owner) >= ?';

/** Parameters of `OWNER_BEGINS`. */
export function beginning(prefix: string): readonly [length: number, prefix: string, bytes: number] {
  return [[...prefix].length, prefix, Buffer.byteLength(prefix)];
}
