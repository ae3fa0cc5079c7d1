/** `hector bench` against Hector itself and against the official SDK's server, which it was not made for. */
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { freePort, startProgram, stopProgram } from '../../bench/targets/target.js';
import { runCommand } from '../support/cli-rig.js';
import { startTestHector } from '../support/start-hector.js';

const SHORT = ['--warm-up', '0s', '--duration', '500ms'];

async function bench(t: Test, url: string, ...flags: string[]) {
  const { code, output, errors } = await runCommand(t, ['bench', url, ...SHORT, '--json', ...flags]);
  t.not(output, '', errors);
  return { code, errors, figures: JSON.parse(output) };
}

t.test('hector bench measures Hector, blocking and streaming, with its key', async (t) => {
  const hector = await startTestHector(t, {
    config: { server: { auth: { enabled: true, api_keys: [{ name: 'load', key: 'k-0123456789abcdef0123456789abcdef' }] } } },
  });
  const key = ['--token', 'k-0123456789abcdef0123456789abcdef'];
  const blocking = await bench(t, hector.url, ...key, '--rate', '20');
  t.match(blocking, { code: 0, figures: { protocol: '1.0', requests: 10, errors: 0, unsent: 0, missed: [] } });
  t.ok(blocking.figures.latency.p99Ms > 0);
  const streaming = await bench(t, `${hector.url}/agents/assistant`, ...key, '--stream', '--concurrency', '2');
  t.match(streaming, { code: 0, figures: { errors: 0, firstText: { p50Ms: Number } } });
  t.ok(streaming.figures.events > streaming.figures.requests, 'each stream has several events');
  const stranger = await bench(t, `${hector.url}/agents/assistant`, '--rate', '10', '--max-errors', '50');
  t.match(stranger, { code: 1, figures: { requests: 0, errors: 5, problems: { 'HTTP 401': 5 } } });
});

t.test("hector bench measures the official SDK's server, and says what was missed", async (t) => {
  const port = await freePort();
  const program = fileURLToPath(new URL('../../bench/targets/js-sdk-server.js', import.meta.url));
  const url = `http://127.0.0.1:${port}`;
  const child = await startProgram([program, String(port)], { readyUrl: `${url}/.well-known/agent-card.json` });
  t.teardown(() => stopProgram(child));
  t.match(await bench(t, url, '--rate', '20'), { code: 0, figures: { url: `${url}/a2a`, requests: 10, errors: 0 } });
  t.match(await bench(t, url, '--rate', '20', '--stream', '--max-first-text', '20s'), { code: 0, figures: { requests: 10, events: 40 } });
  const missed = await bench(t, url, '--rate', '20', '--max-p50', '1ms', '--max-p99', '1ms', '--min-rate', '1000');
  t.equal(missed.code, 1);
  t.ok(missed.figures.missed.includes(`${missed.figures.perSecond.toFixed(1)}/s were answered; wanted at least 1000/s`));
  const table = await runCommand(t, ['bench', url, ...SHORT, '--rate', '20']);
  t.match(table.output, /^blocking messages over A2A 1\.0 to .*, 20\/s\n10 answered in .*, 0 errors\n +p50 .*\nlatency .* ms\n/);
});

t.test('hector bench refuses what it cannot measure', async (t) => {
  for (const [argv, problem] of [
    [[], /wants the address/],
    [['ftp://a'], /wants the address/],
    [['http://a', '--rate', '1', '--concurrency', '1'], /two ways/],
    [['http://a', '--max-in-flight', '1'], /bounds --rate/],
    [['http://a', '--rate', '0'], /--rate is '0'/],
    [['http://a', '--duration', 'soon'], /--duration is 'soon'/],
    [['http://a', '--max-first-text', '1s'], /add --stream/],
  ] as const) {
    const { code, errors } = await runCommand(t, ['bench', ...argv]);
    t.match({ code, errors }, { code: 2, errors: problem });
  }
  const nobody = await runCommand(t, ['bench', `http://127.0.0.1:${await freePort()}`]);
  t.match(nobody, { code: 1, errors: /no server answers/ });
});
