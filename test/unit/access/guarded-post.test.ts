import type { LookupAddress } from 'node:dns';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import t, { type Test } from 'tap';
import { createGuardedPost } from '../../../src/access/guarded-post.js';
import { createOutboundGuard } from '../../../src/access/outbound-guard.js';
import { systemClock } from '../../../src/base/clock.js';
import { ENDLESS_ANSWERS, HOSTILE_ANSWERS, startHostileWebhook } from '../../support/hostile-webhook.js';
import { startWebhook } from '../../support/webhook.js';

const ALLOWED = { address: '127.0.0.1', family: 4 };
const never = new AbortController().signal;

/** Resolves a name to what the test says, one answer after the other; the last one stays. */
function postTo(
  answers: readonly (readonly LookupAddress[])[],
  { timeoutMs = 5_000, allowPrivate = ['127.0.0.1'] as readonly string[] } = {},
) {
  let asked = 0;
  const guard = createOutboundGuard({
    allowPrivate,
    keyPath: 'some.key',
    resolve: async () => answers[Math.min(asked++, answers.length - 1)] ?? [],
  });
  return createGuardedPost({ guard, clock: systemClock, timeoutMs });
}

function withHost(url: string, host: string): URL {
  const changed = new URL(url);
  changed.hostname = host;
  return changed;
}

t.test('a name is posted to at the address that was checked', async (t) => {
  const webhook = await startWebhook(t);
  const answer = await postTo([[ALLOWED]])(withHost(webhook.url, 'hook.test'), { 'x-a': 'b' }, '{"é":1}', never);
  t.equal(answer.status, 200);
  t.match(webhook.received[0], { method: 'POST', body: { é: 1 }, headers: { 'x-a': 'b', host: /^hook\.test:/ } });
});

t.test('every address of a name must be allowed, not only the first (P10)', async (t) => {
  const webhook = await startWebhook(t);
  const post = postTo([[ALLOWED, { address: '127.0.0.2', family: 4 }]]);
  await t.rejects(post(withHost(webhook.url, 'hook.test'), {}, '{}', never), { code: 'ADDRESS_NOT_ALLOWED', message: /some\.key/ });
  await t.rejects(postTo([[]])(withHost(webhook.url, 'hook.test'), {}, '{}', never), { code: 'ADDRESS_NOT_ALLOWED' });
  t.equal(webhook.received.length, 0);
});

t.test('a name that changes between the check and the connection reaches nothing (P10)', async (t) => {
  const inner = await startWebhook(t, '127.0.0.2');
  const post = postTo([[ALLOWED], [{ address: '127.0.0.2', family: 4 }]]);
  await t.rejects(post(withHost(inner.url, 'hook.test'), {}, '{}', never), { code: 'ADDRESS_NOT_ALLOWED' });
  t.equal(inner.received.length, 0);
});

t.test('an address in place of a name is checked too (P10)', async (t) => {
  const webhook = await startWebhook(t);
  const post = postTo([[ALLOWED]], { allowPrivate: [] });
  await t.rejects(post(new URL(webhook.url), {}, '{}', never), { code: 'ADDRESS_NOT_ALLOWED' });
  await t.rejects(post(new URL('http://[::1]:1/'), {}, '{}', never), { code: 'ADDRESS_NOT_ALLOWED' });
  t.equal(webhook.received.length, 0);
});

t.test('a listed host may be anywhere', async (t) => {
  const webhook = await startWebhook(t);
  const post = postTo([[ALLOWED]], { allowPrivate: ['hook.test'] });
  t.equal((await post(withHost(webhook.url, 'hook.test'), {}, '{}', never)).status, 200);
});

t.test('a silent side is given up in time, and an abort ends the wait (P9)', async (t) => {
  const webhook = await startWebhook(t);
  webhook.answer = () => () => undefined;
  await t.rejects(postTo([[ALLOWED]], { timeoutMs: 50 })(new URL(webhook.url), {}, '{}', never), {
    code: 'OUTBOUND_TIMEOUT',
    message: /50 ms/,
  });
  const hanging = createGuardedPost({
    guard: createOutboundGuard({ allowPrivate: [], keyPath: 'some.key', resolve: () => new Promise(() => undefined) }),
    clock: systemClock,
    timeoutMs: 50,
  });
  await t.rejects(hanging(new URL('http://slow.test/'), {}, '{}', never), { code: 'OUTBOUND_TIMEOUT' }, 'names that take for ever');
  const abort = new AbortController();
  const waiting = postTo([[ALLOWED]])(new URL(webhook.url), {}, '{}', abort.signal);
  await webhook.until((received) => received.length === 2);
  abort.abort(new Error('enough'));
  await t.rejects(waiting);
});

t.test('an endless answer is cut once its head has come', async (t) => {
  const closed = await startEndless(t);
  const answer = await postTo([[ALLOWED]], { timeoutMs: 5_000 })(new URL(closed.url), {}, '{}', never);
  t.equal(answer.status, 200);
  await closed.ended;
  t.pass('the connection was cut');
});

for (const [what, answer] of Object.entries(HOSTILE_ANSWERS)) {
  t.test(`a side that ${what} is given up in time, and its connection is cut (P9)`, { timeout: 20_000 }, async (t) => {
    const webhook = await startHostileWebhook(t, answer);
    const outcome = await postTo([[ALLOWED]], { timeoutMs: 400 })(new URL(webhook.url), {}, '{}', never).then(
      ({ status }) => status,
      () => 'failed',
    );
    t.ok(outcome === 'failed' || outcome === 101, `it is no success: ${outcome}`);
    await webhook.untilQuiet(1);
  });
}

for (const [what, answer] of Object.entries(ENDLESS_ANSWERS)) {
  t.test(`a side that ${what} has answered, and its connection is cut (P9)`, { timeout: 20_000 }, async (t) => {
    const webhook = await startHostileWebhook(t, answer);
    const { status } = await postTo([[ALLOWED]], { timeoutMs: 400 })(new URL(webhook.url), {}, '{}', never);
    t.equal(status, 200);
    await webhook.untilQuiet(1);
  });
}

t.test('a flood of announcements is cut long before the time is over', async (t) => {
  const webhook = await startHostileWebhook(t, HOSTILE_ANSWERS['announces an answer for ever'] as (socket: Socket) => void);
  await t.rejects(postTo([[ALLOWED]], { timeoutMs: 3_600_000 })(new URL(webhook.url), {}, '{}', never), { code: 'OUTBOUND_NO_ANSWER' });
  await webhook.untilQuiet(1);
});

/** Answers with bytes without end. */
async function startEndless(t: Test) {
  let onEnded = () => {};
  const ended = new Promise<void>((resolve) => {
    onEnded = resolve;
  });
  const server = createServer((request, response) => {
    request.resume();
    response.on('close', onEnded);
    const more = () => {
      while (!response.destroyed && response.write('x'.repeat(16_384)));
    };
    response.on('drain', more);
    more();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, ended };
}
