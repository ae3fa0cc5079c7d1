import type { Socket } from 'node:net';
import t from 'tap';
import { createGuardedRequest } from '../../../src/access/guarded-request.js';
import { createOutboundGuard } from '../../../src/access/outbound-guard.js';
import { HOSTILE_ANSWERS, startHostileWebhook } from '../../support/hostile-webhook.js';

for (const what of ['switches protocols', 'switches protocols without saying to which']) {
  t.test(`the connection of a side that ${what} is cut (TOOL-18)`, { timeout: 10_000 }, async (t) => {
    const side = await startHostileWebhook(t, HOSTILE_ANSWERS[what] as (socket: Socket) => void);
    const send = createGuardedRequest(createOutboundGuard({ allowPrivate: ['127.0.0.1'], keyPath: 'some.key' }));
    const { status, body } = await send(
      { url: new URL(side.url), method: 'GET', headers: {} },
      { maxBytes: 1_000, signal: new AbortController().signal },
    );
    t.equal(status, 101);
    t.equal(body.length, 0);
    await side.untilQuiet(1);
  });
}
