import { execFileSync } from 'node:child_process';
import t from 'tap';
import { runCommand } from '../../support/cli-rig.js';

t.test('bash completes commands, verbs, flags and their values', async (t) => {
  const { output } = await runCommand(t, ['completion', 'bash']);
  const complete = (...words: string[]) =>
    execFileSync('bash', ['-c', `${output}\nCOMP_WORDS=(hector "$@"); COMP_CWORD=$#; _hector; echo "\${COMPREPLY[*]}"`, 'bash', ...words], {
      encoding: 'utf8',
    }).trim();
  t.equal(complete('ser'), 'serve');
  t.equal(complete('tasks', 'resu'), 'resume');
  t.equal(complete('serve', '--eph'), '--ephemeral');
  t.equal(complete('serve', '--storage', 'po'), 'postgres');
  t.match(complete('serve', '--no-s'), /--no-stream/);
  t.match(complete('completion', ''), 'bash zsh fish');
});

t.test('zsh and fish know every command and flag; another shell is named as unknown', async (t) => {
  for (const shell of ['zsh', 'fish']) {
    const { output } = await runCommand(t, ['completion', shell]);
    for (const word of ['serve', 'doctor', 'queue', 'ephemeral', 'print-config']) t.match(output, word, `${shell} ${word}`);
  }
  t.match(await runCommand(t, ['completion', 'tcsh']), { code: 2, errors: /bash, zsh, fish/ });
});
