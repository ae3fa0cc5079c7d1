/**
 * What a column holds; each dialect declares its type for it.
 * `key`: ASCII up to 64 characters, compared byte by byte, may be indexed. `text`: any length, not indexed.
 * `integer`: 53 bits. `serial`: an integer that the database gives, as a table's only key. `real`: double precision. `bytes`: any length.
 */
export type ColumnKind = 'key' | 'text' | 'integer' | 'serial' | 'real' | 'bytes';
