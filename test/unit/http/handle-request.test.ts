import t from 'tap';
import { systemClock } from '../../../src/base/clock.js';
import { AppError } from '../../../src/base/errors.js';
import { Drain } from '../../../src/http/drain.js';
import { createHandler, type HandlerPorts } from '../../../src/http/handle-request.js';
import type { HttpRequest } from '../../../src/http/server.js';
import { type AuditRecord, silentAudit } from '../../../src/observe/audit.js';
import { silentLogger } from '../../../src/observe/log.js';
import { silentMetrics } from '../../../src/observe/meter.js';

t.test('a failure of ours is counted, logged and in the audit; overload and a drain are only counted (SEC-16)', async (t) => {
  const told: unknown[] = [];
  const acts: AuditRecord[] = [];
  const log = { ...silentLogger, error: () => told.push('error'), warn: () => told.push('warn') } as unknown as HandlerPorts['log'];
  const count = (name: string, labels: object) => void (name === 'errors_total' && told.push(labels));
  let failure: unknown;
  const handle = () => {
    throw failure;
  };
  const answer = createHandler({
    findRoute: () =>
      ({ type: 'found', route: { pattern: '/x', handle }, parameters: {} }) as unknown as ReturnType<HandlerPorts['findRoute']>,
    baseUrl: () => '',
    drain: new Drain(),
    clock: systemClock,
    log,
    metrics: { ...silentMetrics, count },
    audit: { ...silentAudit, record: (act) => void acts.push(act) },
  });
  const ask = async (thrown: unknown) => {
    failure = thrown;
    const request = { method: 'GET', path: '/x', headers: {}, body: Buffer.alloc(0), remoteAddress: '192.0.2.1' };
    const { status } = await answer(request as unknown as HttpRequest);
    return [status, told.splice(0), acts.splice(0).map(({ error }) => error)];
  };
  const counted = (error_type: string) => ({ component: 'http', error_type });
  t.same(await ask(new Error('no')), [500, [counted('INTERNAL'), 'error'], ['INTERNAL']]);
  t.same(await ask(new AppError('DATABASE_UNAVAILABLE')), [503, [counted('DATABASE_UNAVAILABLE'), 'warn'], ['DATABASE_UNAVAILABLE']]);
  for (const code of ['OVERLOADED', 'HTTP_DRAINING', 'HTTP_TOO_MANY_BODIES'] as const)
    t.same(await ask(new AppError(code)), [new AppError(code).httpStatus, [counted(code)], []], code);
  t.same(await ask(new AppError('REQUEST_INVALID')), [400, [], []]);
});
