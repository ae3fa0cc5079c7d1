import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { systemClock } from '../../../src/base/clock.js';
import { createDirectorySource } from '../../../src/knowledge/sources/directory.js';
import { directorySource, tempFolder } from '../../support/knowledge-rig.js';

t.test(
  'a folder tells of files written, renamed and removed, in new folders too, and of nothing that is left out (RAG-33, W-81)',
  async (t) => {
    const root = tempFolder(t);
    writeFileSync(join(root, 'old.md'), 'old');
    mkdirSync(join(root, 'node_modules'));
    const ending = new AbortController();
    const source = createDirectorySource(directorySource(root), systemClock);
    let told = 0;
    let onTold = () => {};
    await source.watch?.(() => {
      told += 1;
      onTold();
    }, ending.signal);
    // Watches and their timers keep no process alive.
    const keepAlive = setInterval(() => undefined, 1_000);
    t.teardown(() => {
      clearInterval(keepAlive);
      ending.abort();
    });
    const untilTold = (act: () => void): Promise<void> => {
      const next = new Promise<void>((resolve) => {
        onTold = resolve;
      });
      act();
      return next;
    };
    await untilTold(() => writeFileSync(join(root, 'new.md'), 'new'));
    await untilTold(() => renameSync(join(root, 'new.md'), join(root, 'renamed.md')));
    await untilTold(() => rmSync(join(root, 'renamed.md')));
    await untilTold(() => {
      mkdirSync(join(root, 'deep/er'), { recursive: true });
      writeFileSync(join(root, 'deep/er/first.md'), 'with its folder');
    });
    await untilTold(() => writeFileSync(join(root, 'deep/er/second.md'), 'later'));
    const before = told;
    writeFileSync(join(root, 'node_modules/x.md'), 'left out');
    writeFileSync(join(root, 'picture.png'), 'not read');
    await untilTold(() => writeFileSync(join(root, 'last.md'), 'read'));
    t.equal(told, before + 1, 'once, however much happens in a moment');
    const missing = createDirectorySource(directorySource(join(root, 'nowhere')), systemClock);
    await t.rejects(Promise.resolve(missing.watch?.(() => undefined, ending.signal)), { code: 'DOCUMENT_SOURCE_UNREADABLE' });
  },
);
