import t from 'tap';
import { createKnowledgeStore } from '../../src/storage/sql/knowledge-store.js';
import { SqlIngestRunStore } from '../../src/storage/sql/sql-ingest-run-store.js';
import { forEachDialect } from '../support/temp-database.js';
import { ingestRunStoreContract } from './ingest-run-store.js';

forEachDialect(t, (t, createOpenTemp) => {
  ingestRunStoreContract(t, (t) => {
    const temp = createOpenTemp(t)();
    return async () => {
      const database = await (await temp).open();
      return { runs: new SqlIngestRunStore(database, 4), chunks: createKnowledgeStore(database) };
    };
  });
});
