import t from 'tap';
import { limitByAddress } from '../../../src/access/address-limits.js';
import type { Authenticate, Door } from '../../../src/access/authenticate.js';
import { invalidToken, type TokenFault } from '../../../src/access/challenge.js';
import { LocalRateWindows } from '../../../src/access/local-rate-windows.js';
import type { RateWindows } from '../../../src/access/rate-windows.js';
import { AppError } from '../../../src/base/errors.js';
import type { AuditRecord } from '../../../src/observe/audit.js';
import { silentMetrics } from '../../../src/observe/meter.js';
import { recordLog } from '../../support/record-log.js';
import { createSteeredClock } from '../../support/steered-clock.js';
import { serverSettings } from '../../support/test-settings.js';

/** Processes that share windows; whoever sends `good` is Ann, and whatever else is refused for the reason that it names. */
function start(change: { readonly maxFailedLogins?: number; readonly maxManagementRequests?: number }) {
  const clock = createSteeredClock();
  const shared = new LocalRateWindows(clock);
  const state = { away: false, revoked: '' };
  const windows: RateWindows = {
    async take(takes) {
      if (state.away) throw new AppError('REDIS_UNAVAILABLE');
      return shared.take(takes);
    },
    spend: async () => undefined,
  };
  const counted: unknown[] = [];
  const audited: AuditRecord[] = [];
  const checked: string[] = [];
  const gate: Authenticate = async ({ headers }) => {
    const sent = (headers['authorization'] ?? '').replace('Bearer ', '');
    checked.push(sent);
    if (sent !== '' && sent === state.revoked) throw invalidToken('unknown');
    if (sent !== '' && !sent.startsWith('good')) throw invalidToken(sent.replace(/\d+$/, '') as TokenFault);
    return { subject: 'ann', authenticated: sent !== '' };
  };
  const open = () => {
    const authenticate = limitByAddress(gate, {
      settings: { limits: { ...serverSettings().limits, ...change } },
      ...{ windows, clock },
      log: recordLog().log,
      metrics: { ...silentMetrics, count: (...args: readonly unknown[]) => void counted.push(args.slice(0, 2)) },
      audit: { record: (act) => void audited.push(act), close() {} },
    });
    return async (token: string | undefined, { from = '192.0.2.1', door }: { readonly from?: string; readonly door?: Door } = {}) => {
      try {
        await authenticate({ headers: token === undefined ? {} : { authorization: `Bearer ${token}` }, remoteAddress: from }, door);
        return 'in';
      } catch (error) {
        const { code, retryAfterMs } = error as AppError;
        return code === 'ACCESS_RATE_LIMITED' ? `wait ${retryAfterMs}` : code;
      }
    };
  };
  return { clock, state, counted, audited, checked, open };
}

t.test(
  'after so many guesses an address is refused before anything is looked at, and let in when the minute is over (SEC-09)',
  async (t) => {
    const { clock, open, checked, counted, audited } = start({ maxFailedLogins: 3 });
    const enter = open();
    for (let guess = 0; guess < 3; guess++) t.equal(await enter(`unknown${guess}`), 'ACCESS_TOKEN_INVALID');
    await clock.advance(20_000);
    const before = checked.length;
    t.equal(await enter('unknown4'), 'wait 40000');
    t.equal(await enter('good'), 'wait 40000', 'a right guess is not told apart');
    t.equal(checked.length, before);
    t.same(counted[0], ['rate_limited_total', { type: 'login', window: 'minute', scope: 'address' }]);
    t.match(audited[0], { action: 'auth.authenticate', success: false, error: 'limited', remoteAddress: '192.0.2.1' });
    t.equal(await enter(undefined), 'in', 'who sends nothing guesses nothing');
    t.equal(await enter('good', { from: '192.0.2.2' }), 'in', 'another address');
    await clock.advance(40_000);
    t.equal(await enter('good2'), 'in');
  },
);

t.test('the networks of IPv6 are counted, and only what nobody issued', async (t) => {
  const { open } = start({ maxFailedLogins: 2 });
  const enter = open();
  for (const reason of ['expired', 'audience', 'issuer', 'not-yet', 'malformed', 'claims'])
    for (let time = 0; time < 3; time++) await enter(reason);
  t.equal(await enter('good0'), 'in');
  for (const reason of ['key', 'signature']) await enter(reason, { from: '2001:db8::1' });
  t.match(await enter('good1', { from: '2001:db8::ffff:2' }), /wait/);
  t.equal(await enter('good2', { from: '2001:db8:1::1' }), 'in');
});

t.test('whoever came in lately is not locked out by others at the same address, until those credentials fail', async (t) => {
  const { open, state } = start({ maxFailedLogins: 1 });
  const enter = open();
  t.equal(await enter('good1'), 'in');
  await enter('unknown');
  t.equal(await enter('good1'), 'in');
  t.match(await enter('good2'), /wait/);
  state.revoked = 'good1';
  t.equal(await enter('good1'), 'ACCESS_TOKEN_INVALID');
  t.match(await enter('good1'), /wait/);
});

t.test('what one process counts all know, and each counts alone while Redis is away (SEC-12)', async (t) => {
  const together = start({ maxFailedLogins: 4 });
  const [one, other] = [together.open(), together.open()];
  for (let guess = 0; guess < 4; guess++) await one('unknown');
  t.equal(await other('unknown'), 'ACCESS_TOKEN_INVALID', 'the one by which it learns');
  t.match(await other('good'), /wait/);
  const apart = start({ maxFailedLogins: 2, maxManagementRequests: 2 });
  apart.state.away = true;
  const alone = apart.open();
  for (let guess = 0; guess < 2; guess++) await alone('unknown');
  t.match(await alone('good'), /wait/);
  for (let call = 0; call < 2; call++) t.equal(await alone(undefined, { door: 'manage', from: '192.0.2.9' }), 'in');
  t.match(await alone(undefined, { door: 'manage', from: '192.0.2.9' }), /wait/);
});

t.test('the management API has a limit of its own, before credentials; 0 is no limit', async (t) => {
  const { open, clock, checked } = start({ maxManagementRequests: 2, maxFailedLogins: 0 });
  const enter = open();
  for (const token of ['good', 'unknown']) await enter(token, { door: 'manage' });
  t.equal(await enter('good', { door: 'manage' }), 'wait 60000');
  t.equal(checked.length, 2);
  t.equal(await enter('good'), 'in', 'agents are not the management API');
  await clock.advance(60_000);
  t.equal(await enter('good', { door: 'manage' }), 'in');
  for (let guess = 0; guess < 200; guess++) await enter('unknown');
  t.equal(await enter('good'), 'in');
});
