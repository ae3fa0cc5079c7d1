import { runLogMigration } from './0001-run-log.js';
import { knowledgeMigration } from './0002-knowledge.js';
import { ledgerMigration } from './0003-ledger.js';
import { rollbackMigration } from './0004-rollback.js';
import { pushMigration } from './0005-push.js';
import { taskListMigration } from './0006-task-list.js';
import { childRunsMigration } from './0007-child-runs.js';
import { recallMigration } from './0008-recall.js';
import { documentMetadataMigration } from './0009-document-metadata.js';
import { embeddingsMigration } from './0010-embeddings.js';
import { ingestRunsMigration } from './0011-ingest-runs.js';
import { fullTextMigration } from './0012-full-text.js';
import { rateWindowsMigration } from './0013-rate-windows.js';
import type { Migration } from './migration.js';

/** In order, without gaps. */
export const migrations: readonly Migration[] = [
  runLogMigration,
  knowledgeMigration,
  ledgerMigration,
  rollbackMigration,
  pushMigration,
  taskListMigration,
  childRunsMigration,
  recallMigration,
  documentMetadataMigration,
  embeddingsMigration,
  ingestRunsMigration,
  fullTextMigration,
  rateWindowsMigration,
];
