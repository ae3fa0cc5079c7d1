/**
 * The check against bash itself: random command lines, and those that may run do run, in a folder of programs where each only notes its
 * name. A denied program among the notes is one that the check has not seen.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { checkCommand } from '../../../../../src/providers/tools/adapters/command/check-command.js';
import { chooseSeed, isLongForm } from '../../../../support/long-form.js';
import { createRandom } from '../../../../support/random.js';

const LINES = isLongForm ? 20_000 : 500;
const PIECES = [
  ...[
    'rm',
    'rm x',
    'r\\m',
    "'rm'",
    '"rm"',
    'r""m',
    "$'rm'",
    "$'\\x72m'",
    '$x',
    '${x}',
    '"$x"',
    '$(echo rm)',
    '`echo rm`',
    'sudo',
    'BIN/rm',
  ],
  ...[
    'ls',
    'echo',
    'cat',
    'true',
    'env',
    'nice',
    'command',
    'exec',
    'xargs',
    'timeout 5',
    'nohup',
    'bash -c',
    'sh -c',
    'eval',
    'find . -exec',
    'builtin',
    'time',
    '!',
  ],
  ...[
    ';',
    '&',
    '&&',
    '||',
    '|',
    '|&',
    '\n',
    '(',
    ')',
    '{',
    '}',
    '$(',
    '`',
    '<(',
    '>(',
    '"',
    "'",
    '\\',
    '#',
    '((',
    '))',
    '$((',
    '[[',
    ']]',
    '${',
    '}',
    '=',
    '-eq 1',
  ],
  ...[
    'if',
    'then',
    'fi',
    'while',
    'do',
    'done',
    'for x in',
    'case x in',
    'x)',
    ';;',
    'esac',
    'f()',
    'function f',
    'else',
    'select x in',
    'coproc',
    'until',
  ],
  ...[
    'x=rm',
    'x=1',
    "x='a[$(rm)]'",
    'y=$x',
    'a[0]=1',
    '<<E',
    '<<-E',
    "<<'E'",
    '\nE\n',
    '<<<',
    '>o',
    '2>&1',
    '<i',
    '>>o',
    '&>o',
    '-n',
    '--',
    '-i',
    '-',
    '{}',
    '\\;',
    '+',
    '*',
    '?',
    '[r]m',
    '{rm,x}',
    '~',
    '!(rm)',
    '@(rm)',
    '\t',
    '\r',
    '$@',
    '$*',
    '$IFS',
    '${x@P}',
    '${!x}',
    '${x:-rm}',
    '$[x]',
  ],
];

t.test('what passes the check runs no denied program in bash (TOOL-34, W-35)', { timeout: isLongForm ? 900_000 : 100_000 }, async (t) => {
  const root = realpathSync(t.testdir({ work: { i: 'rm\n' }, bin: {} }));
  const folder = join(root, 'work');
  const bin = join(root, 'bin');
  const notes = join(root, 'notes');
  for (const name of ['rm', 'sudo', 'ls', 'echo', 'cat', 'o', 'x', 'i', 'f'])
    writeFileSync(join(bin, name), name === 'echo' ? '#!/bin/bash\necho "$@"\n' : `#!/bin/bash\necho ${name} >> ${notes}\n`);
  for (const [name, body] of Object.entries({
    env: '/usr/bin/env',
    nice: '/usr/bin/nice',
    xargs: '/usr/bin/xargs',
    timeout: '/usr/bin/timeout',
    nohup: '/usr/bin/nohup',
    find: '/usr/bin/find',
    bash: '/bin/bash',
    sh: '/bin/sh',
  }))
    writeFileSync(join(bin, name), `#!/bin/bash\nexec ${body} "$@"\n`);
  for (const name of [
    'rm',
    'sudo',
    'ls',
    'echo',
    'cat',
    'o',
    'x',
    'i',
    'f',
    'env',
    'nice',
    'xargs',
    'timeout',
    'nohup',
    'find',
    'bash',
    'sh',
  ])
    chmodSync(join(bin, name), 0o755);
  const policy = { allowedCommands: [], deniedCommands: [], denyByDefault: false, root: folder, folder, searchPath: [bin] };
  const seed = chooseSeed(61_805);
  t.comment(`seed ${seed}`);
  const random = createRandom(seed);
  const pick = () => random.pick(PIECES).replace('BIN', bin);
  const passed: string[] = [];
  for (let count = 0; count < LINES * 40 && passed.length < LINES; count++) {
    const bare = Array.from({ length: 1 + random.below(9) }, () => pick() + (random.chance(0.7) ? ' ' : '')).join('');
    const nested = `${random.pick(['sh', 'bash'])} -c '${bare.replaceAll("'", "'\\''")}'`;
    const line = random.chance(0.3) ? nested : bare;
    if (isPassed(line, policy) && !/^\s*(true|ls|echo|cat|#)?\s*$/.test(line)) passed.push(line);
  }
  t.ok(passed.length > 200, `${passed.length} lines`);
  // Many lines in one bash, each in a shell of its own.
  for (let from = 0; from < passed.length; from += 100) {
    const lines = passed.slice(from, from + 100);
    rmSync(notes, { force: true });
    mkdirSync(folder, { recursive: true });
    runAll(lines, folder, bin);
    if (!hasDenied(notes)) continue;
    for (const line of lines) {
      rmSync(notes, { force: true });
      runAll([line], folder, bin);
      t.notOk(hasDenied(notes), `seed ${seed}: ${JSON.stringify(line)}`);
    }
  }
});

function isPassed(line: string, policy: Parameters<typeof checkCommand>[1]): boolean {
  try {
    checkCommand(line, policy);
    return true;
  } catch {
    // Refused, as most of them.
    return false;
  }
}

function runAll(lines: readonly string[], folder: string, bin: string): void {
  const script =
    'while IFS= read -r -d "" line; do timeout -s KILL 3 bash --noprofile --norc -O extglob -c "$line" < /dev/null > /dev/null 2>&1; done';
  spawnSync('/bin/bash', ['-c', script], {
    cwd: folder,
    env: { PATH: bin },
    input: lines.map((line) => `${line}\0`).join(''),
    timeout: 60_000,
  });
}

function hasDenied(notes: string): boolean {
  return existsSync(notes) && /^(rm|sudo)$/m.test(readFileSync(notes, 'utf8'));
}
