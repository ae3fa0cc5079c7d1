import { linkSync, readdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { armFaultPoint } from '../../../../src/base/fault-points.js';
import { createFileSource } from '../../../../src/config/sources/file-source.js';
import { replaceFile } from '../../../../src/config/sources/replace-file.js';

const hold = (t: Test) => {
  const folder = t.testdir({ 'hector.yaml': 'read' });
  const file = join(folder, 'hector.yaml');
  return { folder, file, text: () => readFileSync(file, 'utf8'), isExpected: (name: string) => readFileSync(name, 'utf8') === 'read' };
};

t.test('a file that holds what was read is replaced, and nothing else is left (CFG-94, API-05)', async (t) => {
  const { folder, file, text, isExpected } = hold(t);
  t.equal(replaceFile(file, 'ours', isExpected), true);
  t.equal(text(), 'ours');
  t.equal(replaceFile(file, 'late', isExpected), false);
  t.equal(text(), 'ours');
  t.same(readdirSync(folder), ['hector.yaml']);
});

for (const moment of ['config.checked', 'config.replaced'])
  t.test(`what an editor writes into the file at the moment '${moment}' stays (W-55)`, async (t) => {
    const { folder, file, text, isExpected } = hold(t);
    const editor = file.replace('hector.yaml', '.hector.yaml.replaced');
    // Whoever has the file open writes into what it was, whatever it is called by now.
    t.teardown(armFaultPoint(moment, () => writeFileSync(moment === 'config.checked' ? file : editor, 'theirs')));
    t.equal(replaceFile(file, 'ours', isExpected), false);
    t.equal(text(), 'theirs');
    t.same(readdirSync(folder), ['hector.yaml']);
  });

t.test('a file that an editor puts in its place after it was looked at stays (W-55)', async (t) => {
  const { folder, file, text, isExpected } = hold(t);
  const disarm = armFaultPoint('config.checked', () => {
    writeFileSync(join(folder, 'other'), 'theirs');
    renameSync(join(folder, 'other'), file);
  });
  t.teardown(disarm);
  t.equal(replaceFile(file, 'ours', isExpected), false);
  t.equal(text(), 'theirs');
  t.same(readdirSync(folder), ['hector.yaml']);
});

t.test('of two that replace it at once one is told, and what a dead one left behind keeps nobody out', async (t) => {
  const { folder, file, text, isExpected } = hold(t);
  let inner: boolean | undefined;
  const disarm = armFaultPoint('config.checked', () => {
    disarm();
    inner = replaceFile(file, 'second', isExpected);
  });
  t.equal(replaceFile(file, 'first', isExpected), true);
  t.equal(inner, false);
  t.equal(text(), 'first');
  const left = join(folder, '.hector.yaml.replaced');
  linkSync(file, left);
  t.equal(
    replaceFile(file, 'third', () => true),
    false,
    'somebody may be at it',
  );
  const later = statSync(left).ctimeMs + 31_000;
  t.intercept(Date, 'now', { value: () => later });
  t.equal(
    replaceFile(file, 'fourth', () => true),
    true,
  );
  t.equal(text(), 'fourth');
  t.same(readdirSync(folder), ['hector.yaml']);
});

t.test('the source tells a rival, keeps a link one, and says why a text cannot be put there', async (t) => {
  const { folder, file, text } = hold(t);
  const named = join(folder, 'link.yaml');
  symlinkSync(file, named);
  const source = createFileSource(named);
  const { revision } = await source.read();
  const disarm = armFaultPoint('config.checked', () => writeFileSync(file, 'theirs'));
  await t.rejects(source.write('ours', revision), { code: 'CONFIG_CHANGED', message: named });
  disarm();
  t.equal(text(), 'theirs');
  const written = await source.write('ours', (await source.read()).revision);
  t.same(await source.read(), written);
  t.same(readdirSync(folder).toSorted(), ['hector.yaml', 'link.yaml']);
});
