/** What document stores have come to, as `hector doctor` sees it: whatever is in the index is searched, so none of it keeps Hector from starting. */
import { type Finding, ok, warn } from '../../base/finding.js';
import { keyOf } from './knowledge-rows.js';
import type { Row } from './query.js';

export type ReadRows = (sql: string, parameters: readonly unknown[]) => Promise<readonly Row[]>;

export async function inspectDocuments(stores: readonly string[], read: ReadRows): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const name of stores) findings.push(await inspectStore(name, read));
  return findings;
}

async function inspectStore(name: string, read: ReadRows): Promise<Finding> {
  const check = `Index of ${name}`;
  const parameters = [keyOf(name)];
  // No table yet: the first start makes all of them.
  const rows = await read('SELECT status, COUNT(*) AS documents FROM documents WHERE store_key = ? GROUP BY status', parameters).catch(
    () => [],
  );
  const of = (status: string) => Number(rows.find((row) => row.status === status)?.documents ?? 0);
  const [last] = await read('SELECT state, error FROM ingest_runs WHERE store_key = ? ORDER BY run_id DESC LIMIT 1', parameters).catch(
    () => [],
  );
  const [indexed, failed, pending] = [of('indexed'), of('failed'), of('pending')];
  if (last?.state === 'failed')
    return warn(
      check,
      `its last run failed: ${String(last.error)}`,
      `mend that, then hector ingest ${name}; ${indexed} documents are searched meanwhile`,
    );
  if (failed > 0)
    return warn(
      check,
      `${failed} of ${indexed + failed + pending} documents failed`,
      `hector documents list ${name} --status failed says why; then hector ingest ${name} --retry-failed`,
    );
  if (last === undefined) return ok(check, 'is filled by the first start of a process with the role ingest, or by hector ingest');
  return ok(check, `${indexed} documents${pending === 0 ? '' : `, ${pending} to come`}`);
}
