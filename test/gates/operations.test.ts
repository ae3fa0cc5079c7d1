/** Every way in has its row in the table of operations and callers (`test/support/operation-table.ts`), and every row its way in (Z3). */
import t from 'tap';
import { CURRENT_JSON_RPC } from '../../src/a2a/json-rpc-methods.js';
import { LEGACY_JSON_RPC } from '../../src/a2a/legacy/legacy-json-rpc.js';
import { METHODS } from '../../src/grpc/methods.js';
import { buildRoutes, type RoutePorts } from '../../src/http/routes.js';
import { createStudioRoutes } from '../../src/studio/studio-routes.js';
import { OPERATION_TABLE } from '../support/operation-table.js';

/** As if everything that can be served were; nothing here is called. */
function listWaysIn(): string[] {
  const binding = { speaksLegacy: () => true, mcp: {} };
  const studio = createStudioRoutes({} as never);
  const ports = {
    binding,
    studio,
    metrics: { path: '/metrics', render: async () => ({ contentType: '', body: '' }) },
  } as unknown as RoutePorts;
  return [
    ...buildRoutes(ports).map(({ method, pattern }) => `${method} ${pattern}`),
    ...METHODS.map(({ path }) => `grpc ${path.split('/').at(-1)}`),
    ...[...CURRENT_JSON_RPC.methods.keys()].map((name) => `json-rpc ${name}`),
    ...[...LEGACY_JSON_RPC.methods.keys()].map((name) => `json-rpc-0.3 ${name}`),
  ];
}

t.test('every route and every method has a row, and no row is without one', async (t) => {
  const waysIn = listWaysIn();
  t.ok(waysIn.length > 100);
  t.equal(new Set(waysIn).size, waysIn.length, 'each once');
  const rows = new Set(OPERATION_TABLE.map(({ name }) => name));
  t.same(
    waysIn.filter((way) => !rows.has(way)),
    [],
    'ways in without a row',
  );
  t.same(
    [...rows].filter((name) => !waysIn.includes(name)),
    [],
    'rows without a way in',
  );
  t.equal(rows.size, OPERATION_TABLE.length, 'each row once');
});
