/** What comes from outside cannot look like a line of ours, nor act on the terminal of whoever reads it (CLI-13, SEC-16). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createAudit } from '../../../src/observe/audit.js';
import { createLogger } from '../../../src/observe/log.js';

const FORGED = 'error: 2026-01-01T00:00:00.000Z ERROR all is lost';
const HOSTILE = [
  ...['\n', '\r', '\r\n', '\v', '\f', '\u0085', '\u2028', '\u2029'].map((end) => `ok${end}${FORGED}`),
  ...['\x1b[2J\x1b[H', '\x1b]0;title\x07', '\x1b]8;;http://evil\x1b\\x', '\x9b31m', '\x90q\x9c', '\b\b\b\b', '\x7f', '\0'],
  // Direction marks turn a line around, zero-width signs hide in it.
  ...['\u202emalicious\u202c', '\u2066x\u2069', '\u200b', '\ufeff'],
  '{"level":"error","msg":"forged"}\n{"level":"error"}',
];
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const DANGEROUS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above; JSON escapes them, and readers of JSON take the rest as text
const CONTROLS = /[\u0000-\u001f]/;

for (const format of ['simple', 'verbose', 'json'] as const)
  t.test(`${format}: one call is one line, whatever is in it`, async (t) => {
    const file = join(t.testdir({}), 'a.log');
    const log = createLogger({ level: 'debug', file, format });
    for (const text of HOSTILE) {
      log.info(text);
      log.warn({ agent: text, [text]: text, nested: { deep: [text] } }, 'said');
      log.error({ err: new Error(text, { cause: new Error(text) }) }, `failed: ${text}`);
      log.child({ bound: text }).debug('bound');
    }
    const written = readFileSync(file, 'utf8');
    const lines = written.trimEnd().split('\n');
    t.equal(lines.length, HOSTILE.length * 4);
    // Names of checks are our own: a reader of theirs would take what is in a line for more of them.
    for (const [index, line] of lines.entries()) {
      t.notMatch(line, /^error: 2026/, `${index}`);
      if (format === 'json') t.type((JSON.parse(line) as { msg: string }).msg, 'string', `${index}`);
      t.equal((format === 'json' ? CONTROLS : DANGEROUS).test(line), false, `${index}`);
    }
  });

t.test('the audit: one act is one line of JSON', async (t) => {
  const file = join(t.testdir({}), 'a.log');
  const log = createLogger({ level: 'error', file: join(t.testdir({}), 'b.log'), format: 'json' });
  const clock = { now: () => 0, monotonic: () => 0 };
  const audit = createAudit({ enabled: true, file, clock, log });
  for (const text of HOSTILE)
    audit.record({ action: 'auth.authenticate', user: text, success: false, error: text, remoteAddress: text, agent: text, tool: text });
  audit.close();
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  t.same(
    lines.map((line) => (JSON.parse(line) as { user: string }).user),
    HOSTILE,
  );
});
