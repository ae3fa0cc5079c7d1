import t from 'tap';
import { recordStart, runCommand, stopped } from '../../support/cli-rig.js';

t.test('a server that every network interface reaches says so, and that nobody is asked who they are', async (t) => {
  for (const [host, shown] of [
    ['0.0.0.0', '0.0.0.0:1'],
    ['::', '[::]:1'],
  ] as const) {
    const { output } = await runCommand(t, ['serve', '--host', host], { start: recordStart(t).start, stop: stopped() });
    t.match(output, `Listening on ${shown} (every network interface; no authentication)`);
  }
  const grpc = await runCommand(t, ['serve'], { start: recordStart(t, { grpcPort: 5 }).start, stop: stopped() });
  t.match(grpc.output, 'Listening on 0.0.0.0:1 and 0.0.0.0:5 for gRPC (every network interface');
  t.match(grpc.output, /^gRPC: +127\.0\.0\.1:5$/m);
  const own = await runCommand(t, ['serve', '--host', '127.0.0.1'], { start: recordStart(t).start, stop: stopped() });
  t.notMatch(own.output, /every network interface/);
  const behind = { 'h.yaml': 'server: {port: 7777, public_url: "https://agents.example"}' };
  const start = recordStart(t, { url: 'https://agents.example' }).start;
  t.match((await runCommand(t, ['serve', '-c', 'h.yaml'], { files: behind, start, stop: stopped() })).output, 'Listening on 0.0.0.0:7777 ');
  t.notMatch((await runCommand(t, ['serve', '--roles', 'agent'], { start: recordStart(t).start, stop: stopped() })).output, /Listening/);
});

t.test('secrets written into the configuration are named once, with the variable to write instead (CLI-48, SEC-17)', async (t) => {
  const files = { 'h.yaml': 'llms: {main: {provider: openai, api_key: sk-literal}}\nserver: {host: 127.0.0.1}' };
  const { errors } = await runCommand(t, ['serve', '-c', 'h.yaml'], { files, start: recordStart(t).start, stop: stopped() });
  t.equal(errors.match(/warning: /g)?.length, 1);
  t.match(errors, /^warning: llms\.main\.api_key: .*write \$\{LLMS_MAIN_API_KEY\} and set that variable/);
  t.notMatch(errors, /sk-literal/);
  const flag = await runCommand(t, ['serve', '--api-key', 'sk-flag'], { start: recordStart(t).start, stop: stopped() });
  t.notMatch(flag.errors, /warning/, 'a key given as a flag is in no file');
});
