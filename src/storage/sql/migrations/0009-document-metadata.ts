import { addColumn } from '../table-definition.js';
import type { Migration } from './migration.js';

/** What is known of documents and chunks besides their text. Rows from before have none of it: null. */
export const documentMetadataMigration: Migration = {
  number: 9,
  name: 'document-metadata',
  statements: (dialect) => [
    addColumn(dialect, 'documents', 'metadata', 'text'),
    addColumn(dialect, 'documents', 'source_version', 'text'),
    addColumn(dialect, 'chunks', 'place', 'text'),
  ],
};
