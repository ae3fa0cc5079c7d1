import { sha256Hex } from '../../../base/json.js';

/**
 * A collection's name in a service: letters, digits and `_`, a letter first, at most 62, which all of them allow; readable as far as that goes,
 * and never the same for two collections.
 */
export function collectionName(prefix: string, collection: string): string {
  const readable = `${slug(prefix, 20) || 'hector'}_${slug(collection, 24) || 'x'}`;
  return `${/^[a-z]/.test(readable) ? readable : `h${readable.slice(1)}`}_${sha256Hex(`${prefix}\n${collection}`).slice(0, 16)}`;
}

/** UUIDs are the only ids that all services take (VEC-02, W-83); version 8 leaves its bits to whoever makes it. */
export function entryKey(id: string): string {
  const hex = sha256Hex(id);
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function slug(text: string, length: number): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
    .slice(0, length)
    .replace(/_+$/, '');
}
