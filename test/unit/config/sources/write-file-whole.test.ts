import { chmodSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { writeFileWhole } from '../../../../src/config/sources/write-file-whole.js';

const modeOf = (file: string) => statSync(file).mode & 0o777;

t.test('a file that is replaced keeps who may read and write it; a new one is its owner’s alone (CLI-48)', async (t) => {
  const folder = t.testdir({ 'shared.yaml': 'old' });
  const [shared, own] = [join(folder, 'shared.yaml'), join(folder, 'own.yaml')];
  for (const mode of [0o664, 0o600, 0o646]) {
    chmodSync(shared, mode);
    writeFileWhole(shared, `text of ${mode}`);
    t.equal(modeOf(shared).toString(8), mode.toString(8));
    t.equal(readFileSync(shared, 'utf8'), `text of ${mode}`);
  }
  writeFileWhole(own, 'new');
  t.equal(modeOf(own), 0o600);
  t.same(readdirSync(folder).toSorted(), ['own.yaml', 'shared.yaml'], 'nothing else is left');
});
