/**
 * The checks of sed's and awk's programs against sed and awk themselves: random programs, and those that may run do run, in a folder and
 * with programs that only note their names. A note, or a file that was not there before, is what the check has not seen.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { checkCommand } from '../../../../../src/providers/tools/adapters/command/check-command.js';
import { chooseSeed, isLongForm } from '../../../../support/long-form.js';
import { createRandom } from '../../../../support/random.js';

const PROGRAMS = isLongForm ? 20_000 : 300;
const PIECES: Readonly<Record<string, readonly string[]>> = {
  sed: [
    ...['s', 'y', '/', ',', '|', '[', ']', '^', ']]', '[:alpha:]', '\\', '\\/', '\\[', 'e rm', '1e rm', 'e', 'w f', 'r i', 'a', 'i', 'c'],
    ...[
      'a\\',
      '\n',
      ';',
      '}',
      '{',
      '!',
      '1',
      '$',
      '+1',
      '~2',
      'I',
      'M',
      'g',
      'p',
      'd',
      'b',
      'ba',
      ':a',
      'ta',
      '#',
      'n',
      'x',
      'q',
      '=',
      ' ',
    ],
    ...['#n', 'N', '&', '\\n', 's/a/b/', 's/./rm/e', 'y/abc/def/', '/a/', '\\,a,'],
  ],
  awk: [
    ...[
      '"',
      '\\"',
      '\\\\',
      '/',
      '|',
      '"rm"',
      '|"rm"',
      'print',
      'print $1',
      '>',
      '>"w"',
      '{',
      '}',
      ';',
      '\n',
      '#',
      '(',
      ')',
      '$1',
      'a',
      '=',
    ],
    ...['~', '!', '&&', '||', ',', '1', 'BEGIN', 'END', 'if', 'x', 'printf', '-', '+', '>>', '?', ':', '[', ']', ' '],
  ],
};
const INPUT = 'rm\nabc\na/b\n';

t.test(
  'no program of sed or awk that passes the check runs a command or writes a file (TOOL-30, TOOL-34)',
  { timeout: isLongForm ? 900_000 : 100_000 },
  async (t) => {
    const base = realpathSync(t.testdir({ bin: {} }));
    const [folder, bin, notes] = [join(base, 'work'), join(base, 'bin'), join(base, 'notes')];
    for (const name of ['rm', 'x', 'e', 'w', 'a', 'abc'])
      writeFileSync(join(bin, name), `#!/bin/bash\necho ${name} >> ${notes}\n`, { mode: 0o755 });
    const policy = { allowedCommands: [], deniedCommands: [], denyByDefault: false, root: folder, folder, searchPath: [bin] };
    const seed = chooseSeed(7);
    t.comment(`seed ${seed}`);
    const random = createRandom(seed);
    const reset = () => {
      rmSync(folder, { recursive: true, force: true });
      rmSync(notes, { force: true });
      mkdirSync(folder);
      writeFileSync(join(folder, 'i'), INPUT);
    };
    reset();
    let passed = 0;
    for (let count = 0; count < PROGRAMS * 40 && passed < PROGRAMS; count++) {
      const name = random.chance(0.6) ? 'sed' : 'awk';
      const pick = () => random.pick(PIECES[name] as readonly string[]) + (random.chance(0.2) ? ' ' : '');
      const program = Array.from({ length: 1 + random.below(9) }, pick).join('');
      const line = `${name} '${program.replaceAll("'", "'\\''")}' i`;
      if (!isPassed(line, policy)) continue;
      passed += 1;
      spawnSync(`/usr/bin/${name}`, [program, 'i'], { cwd: folder, env: { PATH: bin }, timeout: 1_000, input: '', stdio: 'pipe' });
      const isUntouched = !existsSync(notes) && readdirSync(folder).join() === 'i' && readFileSync(join(folder, 'i'), 'utf8') === INPUT;
      if (!isUntouched) {
        t.fail(`seed ${seed}: ${JSON.stringify(line)}`);
        reset();
      }
    }
    t.ok(passed >= PROGRAMS / 2, `${passed} programs`);
  },
);

function isPassed(line: string, policy: Parameters<typeof checkCommand>[1]): boolean {
  try {
    checkCommand(line, policy);
    return true;
  } catch {
    // Refused, as most of them.
    return false;
  }
}
