/**
 * What a column holds; each dialect declares its type for it.
 * `key`: ASCII up to 64 characters, compared byte by byte, may be indexed. `text`: any length, not indexed.
 * `integer`: 53 bits. `real`: double precision. `bytes`: any length.
 */
export type ColumnKind = 'key' | 'text' | 'integer' | 'real' | 'bytes';
