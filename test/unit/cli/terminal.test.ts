import { PassThrough } from 'node:stream';
import t from 'tap';
import { processTerminal } from '../../../src/cli/terminal.js';

const HOSTILE = 'pay 1\u001b[2K\rpay 2\u009b1A \u202eevil\u202c \u{e0041}é\t👩‍👩‍👧\n';

function open(isTTY: boolean) {
  const [stdout, stderr] = [Object.assign(new PassThrough(), { isTTY }), new PassThrough()];
  const terminal = processTerminal({ stdout, stderr } as unknown as NodeJS.Process);
  return { terminal, read: () => String(stdout.read()) };
}

t.test('what models and tools say moves no cursor of a terminal and hides nothing; a pipe gets it as it is (TOOL-60)', async (t) => {
  const shown = open(true);
  shown.terminal.write(HOSTILE);
  t.equal(shown.read(), 'pay 1\\u001b[2K\\u000dpay 2\\u009b1A \\u202eevil\\u202c \\udb40\\udc41é\t👩‍👩‍👧\n');
  shown.terminal.write(`${JSON.stringify({ text: HOSTILE })}\n`);
  t.same(JSON.parse(shown.read()), { text: HOSTILE }, 'JSON means the same');
  const piped = open(false);
  piped.terminal.write(HOSTILE);
  t.equal(piped.read(), HOSTILE);
});
