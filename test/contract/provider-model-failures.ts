/** How calls end early: silence, aborts, secrets, certificates. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { AppError } from '../../src/base/errors.js';
import { createSteeredClock } from '../support/steered-clock.js';
import { collect, joinText } from './language-model.js';
import { ASK, type ProviderWire, setUp, streamed } from './provider-wire.js';

export function testProviderFailures(wire: ProviderWire): void {
  const { name } = wire;

  t.test(`${name}: after the first word nothing is tried again (LLM-03)`, async (t) => {
    for (const end of [[{ cut: true } as const], wire.streamError.items]) {
      const { peer, model } = await setUp(t, wire, [streamed([...wire.begin('Hel'), ...end])], { settings: { maxRetries: 3 } });
      await t.rejects(collect(model, ASK), AppError);
      t.equal(peer.requests.length, 1);
    }
  });

  t.test(`${name}: a provider that falls silent is given up and its connection closed, one that is slow is not (LLM-02)`, async (t) => {
    const silent = await setUp(t, wire, [streamed([...wire.begin('a'), { stall: true }])], { settings: { idleTimeoutMs: 100 } });
    const arrived = silent.peer.nextRequest();
    await t.rejects(collect(silent.model, ASK), { code: 'LLM_TIMEOUT', message: /100 ms.*llms\.main\.idle_timeout_ms/ });
    await (await arrived).aborted;

    // Torn into bytes this answer takes longer than the limit, but never falls silent for so long.
    const clock = createSteeredClock();
    const [first, ...rest] = wire.text(['one ', 'two ', 'three']);
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const slow = await setUp(t, wire, [streamed([first as never, ...rest.slice(0, 1), { gate }, ...rest.slice(1)])], {
      clock,
      settings: { idleTimeoutMs: 1_000 },
    });
    const requested = slow.peer.nextRequest();
    const answer = collect(slow.model, ASK);
    await requested;
    await clock.advance(900);
    open();
    t.equal(joinText(await answer), 'one two three');
  });

  t.test(`${name}: an abort closes the socket while the provider has said nothing yet (API-58)`, async (t) => {
    const { peer, model } = await setUp(t, wire, [{ type: 'silence' }]);
    const abort = new AbortController();
    const arrived = peer.nextRequest();
    const run = collect(model, ASK, abort.signal);
    const { aborted } = await arrived;
    abort.abort(new AppError('TASK_CANCELED'));
    await t.rejects(run, { code: 'TASK_CANCELED' });
    await aborted;
  });

  t.test(`${name}: an abort ends the wait before the next try (LLM-04, W-64)`, async (t) => {
    const clock = createSteeredClock();
    const { peer, model } = await setUp(t, wire, [wire.limited], { clock, settings: { maxRetries: 3, idleTimeoutMs: 3_600_000 } });
    const abort = new AbortController();
    const run = collect(model, ASK, abort.signal);
    while ((await clock.untilPending()) !== 60_000) await new Promise((resolve) => setImmediate(resolve));
    abort.abort(new AppError('TASK_LOST'));
    await t.rejects(run, { code: 'TASK_LOST' });
    t.equal(peer.requests.length, 1);
    t.equal(clock.pending(), 0, 'no timer is left');
  });

  t.test(`${name}: whoever stops reading closes the connection`, async (t) => {
    const { peer, model } = await setUp(t, wire, [streamed([...wire.begin('a'), { stall: true }])]);
    const arrived = peer.nextRequest();
    for await (const event of model.generate(ASK, new AbortController().signal)) if (event.type === 'text') break;
    await (await arrived).aborted;
    t.equal(peer.requests.length, 1);
  });

  t.test(`${name}: the key gets into no error, whatever the service says`, async (t) => {
    for (const { reply } of wire.failures) {
      const { model } = await setUp(t, wire, [reply]);
      const error = await collect(model, ASK).then(
        () => undefined,
        (reason: unknown) => reason as Error,
      );
      t.type(error, AppError);
      t.notMatch(`${error?.message} ${JSON.stringify(error)} ${String(error?.cause)}`, 'sk-test-123456');
    }
  });

  t.test(`${name}: a certificate of one's own needs ca_certificate or insecure_skip_verify (LLM-05)`, async (t) => {
    const { key, cert, certPath } = makeCertificate(t);
    const ask = async (tls: { insecureSkipVerify: boolean; caCertificate: string }, replies = [streamed(wire.text(['ok']))]) => {
      const { model } = await setUp(t, wire, replies, { tls: { key, cert }, settings: { tls } });
      return joinText(await collect(model, ASK));
    };
    await t.rejects(ask({ insecureSkipVerify: false, caCertificate: '' }, []), {
      code: 'LLM_UNAVAILABLE',
      message: /self-signed certificate/,
    });
    t.equal(await ask({ insecureSkipVerify: false, caCertificate: certPath }), 'ok');
    t.equal(await ask({ insecureSkipVerify: true, caCertificate: '' }), 'ok');
    await t.rejects(ask({ insecureSkipVerify: false, caCertificate: join(certPath, 'none') }, []), {
      code: 'CONFIG_INVALID',
      message: /llms\.main\.tls\.ca_certificate/,
    });
  });
}

let made: { readonly key: string; readonly cert: string; readonly certPath: string } | undefined;

/** One for all tests of a file: openssl takes its time. */
function makeCertificate(t: { teardown(run: () => unknown): void }) {
  if (made !== undefined) return made;
  const folder = mkdtempSync(join(tmpdir(), 'hector-tls-'));
  const [keyPath, certPath] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  execFileSync('openssl', ['req', '-x509', ...kind, '-keyout', keyPath, '-out', certPath, ...subject], { stdio: 'ignore' });
  t.teardown(() => {
    made = undefined;
    rmSync(folder, { recursive: true, force: true });
  });
  made = { key: readFileSync(keyPath, 'utf8'), cert: readFileSync(certPath, 'utf8'), certPath };
  return made;
}
