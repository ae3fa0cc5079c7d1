import t from 'tap';
import { openSqlWorld } from '../support/source-worlds/sql-world.js';
import { findSkipReason, stopTestServers } from '../support/test-servers.js';
import { documentSourceContract } from './document-source.js';

t.teardown(stopTestServers);
for (const driver of ['sqlite', 'postgres', 'mysql'] as const) {
  const skip = driver === 'sqlite' ? false : (findSkipReason(driver) ?? false);
  t.test(`rows of a table in ${driver}, with a column that tells of changes (RAG-04)`, { skip }, async (t) =>
    documentSourceContract(t, (t) => openSqlWorld(t, { driver, hasUpdated: true, isQuery: false })),
  );
  t.test(`rows of a query in ${driver}, whose contents tell of changes (RAG-04)`, { skip }, async (t) =>
    documentSourceContract(t, (t) => openSqlWorld(t, { driver, hasUpdated: false, isQuery: true })),
  );
}
