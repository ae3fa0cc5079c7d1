import t from 'tap';
import { SqlLeftStores } from '../../src/storage/sql/ingest/sql-left-stores.js';
import { createKnowledgeStore } from '../../src/storage/sql/knowledge-store.js';
import { SqlIngestRunStore } from '../../src/storage/sql/sql-ingest-run-store.js';
import { forEachDialect } from '../support/temp-database.js';
import { ingestRunStoreContract } from './ingest-run-store.js';
import { leftStoresContract } from './left-stores.js';

forEachDialect(t, (t, createOpenTemp) => {
  leftStoresContract(t, async (t) => {
    const database = await (await createOpenTemp(t)()).open();
    return { left: new SqlLeftStores(database), runs: new SqlIngestRunStore(database), chunks: createKnowledgeStore(database) };
  });
  ingestRunStoreContract(t, (t) => {
    const temp = createOpenTemp(t)();
    return async () => {
      const database = await (await temp).open();
      return { runs: new SqlIngestRunStore(database, 4), chunks: createKnowledgeStore(database) };
    };
  });
});
