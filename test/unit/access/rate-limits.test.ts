import t from 'tap';
import type { ActiveRuns } from '../../../src/access/active-runs.js';
import { LocalRateWindows } from '../../../src/access/local-rate-windows.js';
import { limitHeaders } from '../../../src/access/rate-limit-error.js';
import { RateLimits } from '../../../src/access/rate-limits.js';
import type { RateWindows } from '../../../src/access/rate-windows.js';
import { AppError } from '../../../src/base/errors.js';
import type { RateLimitingSettings, RateLimitRule } from '../../../src/config/settings.js';
import { silentMetrics } from '../../../src/observe/meter.js';
import type { AdmissionRequest } from '../../../src/tasks/admission.js';
import type { TaskRecord, TaskStore } from '../../../src/tasks/task-store.js';
import { recordLog } from '../../support/record-log.js';
import { createSteeredClock } from '../../support/steered-clock.js';

const rule = (type: RateLimitRule['type'], limit: number, scope: RateLimitRule['scope'] = 'user'): RateLimitRule => ({
  ...{ type, limit, scope },
  window: 'minute',
});

/** Windows of one process in place of the shared ones, which `away` takes away. */
function start(change: Partial<RateLimitingSettings>) {
  const clock = createSteeredClock();
  const { log, lines } = recordLog();
  const local = new LocalRateWindows(clock);
  const places = new Map<string, number>();
  const state = { away: false, hangs: false, settings: { ...SETTINGS, ...change } };
  const open = async () => {
    if (state.away) throw new AppError('REDIS_UNAVAILABLE');
    if (state.hangs) await new Promise(() => undefined);
  };
  const windows: RateWindows & ActiveRuns = {
    take: (takes) => open().then(() => local.take(takes)),
    spend: (spends) => open().then(() => local.spend(spends)),
    async reserve(_, taskId, limit) {
      await open();
      if (!places.has(taskId) && places.size >= limit) return false;
      places.set(taskId, places.get(taskId) ?? clock.now());
      return true;
    },
    async forget(_, taskIds) {
      for (const id of taskIds) places.delete(id);
    },
    list: async () => [...places].map(([taskId, at]) => ({ taskId, ageMs: clock.now() - at })),
  };
  const runs = new Map<string, TaskRecord['state']>();
  const store: Pick<TaskStore, 'find'> = {
    find: async (id) => (runs.has(id) ? ({ id, state: runs.get(id) } as TaskRecord) : undefined),
  };
  const counted: unknown[] = [];
  const metrics = { ...silentMetrics, count: (...args: readonly unknown[]) => void counted.push(args.slice(0, 2)) };
  const limits = new RateLimits({ settings: () => state.settings, windows, store, clock, log, metrics });
  let sent = 0;
  const admit = (owner: string, more: Partial<AdmissionRequest> = {}) =>
    limits.admit({ owner, caller: owner, contextId: 'c', taskId: `t${sent++}`, isNew: true, ...more });
  return { clock, lines, state, runs, counted, limits, admit };
}

const SETTINGS: RateLimitingSettings = {
  enabled: true,
  scope: 'user',
  backend: 'redis',
  sqlDatabase: '',
  onFailure: 'count_locally',
  limits: [],
  maxActiveRuns: 0,
};

t.test('the last one that fits is let in and the next one is not, until its window ends (SEC-09, SEC-10, W-105)', async (t) => {
  const { clock, counted, admit } = start({ limits: [rule('count', 3), { ...rule('count', 100), window: 'day' }] });
  for (const left of ['2', '1', '0']) {
    const { uses } = await admit('ann');
    t.match(limitHeaders(uses), { 'x-ratelimit-limit': '3', 'x-ratelimit-remaining': left, 'x-ratelimit-reset': '1700000060' });
  }
  await clock.advance(20_500);
  const refusal = await admit('ann').then(
    () => undefined,
    (error: AppError) => error,
  );
  t.match(refusal, {
    code: 'ACCESS_RATE_LIMITED',
    message: 'The limit of 3 messages per minute and user is used up; try again in 40 s',
    retryAfterMs: 39_500,
  });
  t.same(counted, [['rate_limited_total', { type: 'count', window: 'minute', scope: 'user' }]]);
  await admit('bob');
  await clock.advance(39_500);
  t.match(limitHeaders((await admit('ann')).uses), { 'x-ratelimit-remaining': '2' });
});

t.test('a session, a user and a tenant each have a limit of their own (SEC-09)', async (t) => {
  const ann = 'tenant:acme/ann';
  const session = start({ limits: [rule('count', 1, 'session')] });
  await session.admit(ann);
  await t.rejects(session.admit(ann), { code: 'ACCESS_RATE_LIMITED' });
  await session.admit(ann, { contextId: 'another' });
  await session.admit('tenant:acme/bob');
  const user = start({ limits: [rule('count', 1, 'user')] });
  await user.admit(ann);
  await t.rejects(user.admit(ann, { contextId: 'another' }));
  await user.admit('tenant:acme/bob');
  const tenant = start({ limits: [rule('count', 1, 'tenant')] });
  await tenant.admit(ann);
  await t.rejects(tenant.admit('tenant:acme/bob'));
  await tenant.admit('tenant:other/ann');
  await tenant.admit('carl');
  await tenant.admit('dora');
  await t.rejects(tenant.admit('dora'), 'who has no tenant is one by itself');
});

t.test('no choice of names makes one caller another one (SEC-09, SEC-11)', async (t) => {
  const session = start({ limits: [rule('count', 1, 'session')] });
  await session.admit('ann', { contextId: 'b c' });
  await session.admit('ann b', { contextId: 'c' });
  await t.rejects(session.admit('ann b', { contextId: 'c' }), { code: 'ACCESS_RATE_LIMITED' });
  const tenant = start({ limits: [rule('count', 1, 'tenant')] });
  await tenant.admit('tenant acme');
  await tenant.admit('tenant:acme/ann');
});

t.test('tokens are counted when they are spent, and delay the next message; callers who are nobody share them (SEC-09)', async (t) => {
  const { limits, admit } = start({ limits: [rule('token', 100), rule('token', 1_000, 'session')] });
  const spender = (owner: string) => ({ owner, findContextId: async () => 'c' });
  await admit('ann');
  await limits.spend(spender('ann'), 99);
  t.match(limitHeaders((await admit('ann')).uses), { 'x-ratelimit-limit': '100', 'x-ratelimit-remaining': '1' });
  await limits.spend(spender('ann'), 700);
  await t.rejects(admit('ann'), { code: 'ACCESS_RATE_LIMITED', message: /100 tokens per minute and user/ });
  await admit('bob');
  await limits.spend(spender('anonymous'), 100);
  await t.rejects(admit('anonymous', { caller: 'anonymous 10.0.0.1' }), { code: 'ACCESS_RATE_LIMITED' });
  await t.rejects(admit('anonymous', { caller: 'anonymous 10.0.0.2' }), { code: 'ACCESS_RATE_LIMITED' });
});

t.test('callers without credentials are told apart by their address (SEC-11)', async (t) => {
  const { admit, limits } = start({ limits: [rule('count', 1), rule('request', 1)] });
  await admit('anonymous', { caller: 'anonymous 10.0.0.1' });
  await t.rejects(admit('anonymous', { caller: 'anonymous 10.0.0.1' }));
  await admit('anonymous', { caller: 'anonymous 10.0.0.2' });
  const caller = (address: string) => ({ subject: 'anonymous', authenticated: false, address });
  await limits.admitCall(caller('2001:db8:0:1::1'));
  await t.rejects(async () => limits.admitCall(caller('2001:db8:0:1:ffff::2')), 'an address of the same network is the same caller');
  await limits.admitCall(caller('2001:db8:0:2::1'));
  await limits.admitCall(caller('::ffff:a00:1'));
  await limits.admitCall(caller('::ffff:a00:2'));
  await t.rejects(async () => limits.admitCall(caller('::ffff:a00:2')));
});

t.test(
  'while windows cannot be shared, each process counts alone, lets everybody pass, or nobody: as it is configured (SEC-12)',
  async (t) => {
    const { state, lines, counted, admit } = start({ limits: [rule('count', 2)] });
    await admit('ann');
    state.away = true;
    await admit('ann');
    await admit('ann');
    await t.rejects(admit('ann'), { code: 'ACCESS_RATE_LIMITED' }, 'alone it counts from nothing');
    state.settings = { ...state.settings, onFailure: 'allow' };
    await admit('ann');
    state.settings = { ...state.settings, onFailure: 'refuse' };
    await t.rejects(admit('ann'), { code: 'ACCESS_LIMITS_UNAVAILABLE', retryAfterMs: 1_000 });
    state.away = false;
    await admit('ann');
    await t.rejects(admit('ann'), { code: 'ACCESS_RATE_LIMITED' });
    t.equal(lines.filter((line) => line.includes('cannot be counted together')).length, 1, 'told once');
    t.equal(lines.filter((line) => line.includes('counted together again')).length, 1);
    t.match(counted.at(0), ['rate_limit_outages_total', { mode: 'count_locally' }]);
  },
);

t.test('windows that do not answer are no better than none (SEC-12)', async (t) => {
  const { state, clock, admit } = start({ limits: [rule('count', 1)], onFailure: 'allow' });
  state.hangs = true;
  const admitted = admit('ann');
  await clock.advance(600);
  t.same((await admitted).uses, []);
});

t.test('a caller has as many runs at work as it may; one that has ended, or was never begun, makes room', async (t) => {
  const { clock, runs, admit } = start({ maxActiveRuns: 2 });
  await admit('ann', { taskId: 'one' });
  runs.set('one', 'TASK_STATE_WORKING');
  await admit('ann', { taskId: 'two' });
  await t.rejects(admit('ann'), { code: 'ACCESS_RATE_LIMITED', message: /max_active_runs/ }, 'the second is on its way to the run log');
  runs.set('two', 'TASK_STATE_INPUT_REQUIRED');
  await admit('ann', { taskId: 'three' });
  t.pass('a run that waits for somebody is not at work');
  await t.rejects(admit('ann', { taskId: 'two', isNew: false }), 'but when it goes on it is');
  (await admit('ann', { taskId: 'one', isNew: false })).forget();
  await t.rejects(admit('ann'), 'a message to a run that is at work frees no place');
  await clock.advance(61_000);
  (await admit('ann', { taskId: 'four' })).forget();
  await admit('ann', { taskId: 'five' });
  runs.set('five', 'TASK_STATE_SUBMITTED');
  await t.rejects(admit('ann'));
});

t.test('settings are read for each request, and nothing is counted while limits are off', async (t) => {
  const { state, counted, admit, limits } = start({ enabled: false, limits: [rule('count', 1), rule('request', 1)], maxActiveRuns: 1 });
  for (let n = 0; n < 3; n++) {
    t.same((await admit('ann')).uses, []);
    t.same(await limits.admitCall({ subject: 'ann', authenticated: true }), []);
  }
  state.settings = { ...state.settings, enabled: true, maxActiveRuns: 0 };
  await admit('ann');
  await t.rejects(admit('ann'));
  t.equal(counted.length, 1);
});
