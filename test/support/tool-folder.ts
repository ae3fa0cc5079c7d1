import { chmodSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';

/** A working directory with real files and links, and a secret beside it that no tool may reach. */
export function createToolFolder(t: Test): { readonly root: string; readonly secret: string; readonly outside: string } {
  const base = realpathSync(t.testdir({ work: { inner: { 'deep.txt': 'deep\n' } }, 'work-evil': { 'x.txt': 'TOP SECRET\n' }, out: {} }));
  const root = join(base, 'work');
  const outside = join(base, 'out');
  const secret = join(outside, 'secret.txt');
  writeFileSync(secret, 'TOP SECRET\n');
  writeFileSync(join(root, 'notes.txt'), 'alpha\nbeta\ngamma\n');
  writeFileSync(join(root, 'copy.txt'), 'alpha\nbeta\ngamma\n');
  writeFileSync(join(root, 'run.js'), 'console.log("from a script")\n');
  writeFileSync(join(root, 'run.sh'), '#!/bin/sh\necho a script ran\n');
  chmodSync(join(root, 'run.sh'), 0o755);
  symlinkSync('/bin/rm', join(root, 'remove'));
  symlinkSync('/bin/sh', join(root, 'shell'));
  symlinkSync('/', join(root, 'outside'));
  symlinkSync(outside, join(root, 'link-out'));
  symlinkSync('../../out', join(root, 'inner', 'up-out'));
  symlinkSync('../../out/secret.txt', join(root, 'inner', 'secret-link'));
  symlinkSync(secret, join(root, 'file-link'));
  symlinkSync(join(outside, 'new.txt'), join(root, 'dangling'));
  symlinkSync('loop-b', join(root, 'loop-a'));
  symlinkSync('loop-a', join(root, 'loop-b'));
  symlinkSync('inner', join(root, 'inside-link'));
  mkdirSync(join(root, '.hector'));
  writeFileSync(join(root, '.hector', 'config.yaml'), 'TOP SECRET\n');
  writeFileSync(join(root, '.env'), 'KEY=TOP SECRET\n');
  symlinkSync('.env', join(root, 'env-link'));
  return { root, secret, outside };
}
