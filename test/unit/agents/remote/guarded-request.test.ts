import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { createOutboundGuard } from '../../../../src/access/outbound-guard.js';
import { createSendGuarded, readText } from '../../../../src/agents/remote/guarded-request.js';
import { systemClock } from '../../../../src/base/clock.js';
import { HOSTILE_ANSWERS, startHostileWebhook } from '../../../support/hostile-webhook.js';

const guard = createOutboundGuard({ allowPrivate: ['127.0.0.1'], keyPath: 'some.key' });
const send = createSendGuarded({ guard, clock: systemClock });
const never = new AbortController().signal;

for (const [what, answer] of Object.entries(HOSTILE_ANSWERS)) {
  t.test(`a remote agent that ${what} is given up in time, and its connection is cut (AGT-43)`, { timeout: 20_000 }, async (t) => {
    const remote = await startHostileWebhook(t, answer);
    const ask = async () => {
      const headers = { method: 'POST', url: new URL(remote.url), headers: {}, secretHeaders: {}, body: '{}' } as const;
      return await readText(await send({ ...headers, timeoutMs: 400, idleTimeoutMs: 400 }, never), 1_000);
    };
    const outcome = await Promise.race([
      ask().then(
        () => 'answered',
        (error: { code?: string }) => error.code,
      ),
      sleep(10_000, 'it waits for ever', { ref: false }),
    ]);
    t.equal(outcome, 'REMOTE_UNAVAILABLE');
    await remote.untilQuiet(1);
  });
}
