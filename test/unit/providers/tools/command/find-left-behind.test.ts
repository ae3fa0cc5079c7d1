import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import t from 'tap';
import { findLeftBehind, MARK } from '../../../../../src/providers/tools/adapters/command/find-left-behind.js';

const skip = process.platform !== 'linux' && 'needs /proc';

t.test(
  'a hundred commands that end together cost two walks through /proc, and each has its own processes (TOOL-34)',
  { skip },
  async (t) => {
    const marks = Array.from({ length: 100 }, (_, index) => `mark-${process.pid}-${index}`);
    const left = await Promise.all(
      marks.slice(0, 3).map(async (mark) => {
        const child = spawn('/bin/sleep', ['60'], { env: { [MARK]: mark }, stdio: 'ignore' });
        t.teardown(() => child.kill('SIGKILL'));
        await once(child, 'spawn');
        return child.pid;
      }),
    );
    const { readdirSync } = fs;
    let walks = 0;
    fs.readdirSync = ((...args: Parameters<typeof readdirSync>) => {
      if (args[0] === '/proc') walks += 1;
      return readdirSync(...args);
    }) as typeof readdirSync;
    syncBuiltinESMExports();
    t.teardown(() => {
      fs.readdirSync = readdirSync;
      syncBuiltinESMExports();
    });
    // One is under way when the others ask.
    const first = findLeftBehind('nobody');
    await Promise.resolve();
    const found = await Promise.all(marks.map((mark) => findLeftBehind(mark)));
    t.same(await first, []);
    t.same(
      found.slice(0, 3),
      left.map((pid) => [pid]),
    );
    t.same(found.slice(3).flat(), []);
    t.ok(walks <= 2, `${walks} walks`);
    t.same(await findLeftBehind(`${marks[0]}0`), [], 'a longer mark is another one');
  },
);
