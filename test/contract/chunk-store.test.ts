import t from 'tap';
import { createKnowledgeStore } from '../../src/storage/sql/knowledge-store.js';
import { forEachDialect } from '../support/temp-database.js';
import { chunkStoreContract } from './chunk-store.js';

forEachDialect(t, (t, createOpenTemp) => {
  chunkStoreContract(t, (t) => {
    const temp = createOpenTemp(t)();
    return async () => createKnowledgeStore(await (await temp).open());
  });
});
