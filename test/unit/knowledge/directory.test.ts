import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { AppError } from '../../../src/base/errors.js';
import { createDirectorySource } from '../../../src/knowledge/sources/directory.js';
import { createGlobMatcher } from '../../../src/knowledge/sources/glob.js';
import { tempFolder } from '../../support/knowledge-rig.js';
import { readScan, readText } from '../../support/read-scan.js';

const signal = new AbortController().signal;

t.test('globs speak of names at any depth, or of paths when they have a slash', async (t) => {
  const fits = (pattern: string, path: string) => createGlobMatcher([pattern]).matches(path);
  for (const [pattern, path] of [
    ['*.md', 'a.md'],
    ['*.md', 'deep/er/a.md'],
    ['**/*.md', 'a.md'],
    ['**/*.md', 'x/y/a.md'],
    ['docs/**', 'docs/x/a'],
    ['docs/**', 'docs'],
    ['docs/*.{md,txt}', 'docs/a.txt'],
    ['./docs/?.md', 'docs/a.md'],
    ['.*', 'x/.git'],
    ['node_modules/', 'x/node_modules'],
    ['[a-c]*.md', 'x/bee.md'],
    ['[!a]*', 'bee'],
    ['a+b(1).md', 'a+b(1).md'],
    ['x/**/y.md', 'x/y.md'],
    ['x/**/y.md', 'x/1/2/y.md'],
  ] as const)
    t.ok(fits(pattern, path), `${pattern} fits ${path}`);
  for (const [pattern, path] of [
    ['*.md', 'a.mdx'],
    ['docs/*.md', 'docs/x/a.md'],
    ['docs/*.md', 'my/docs/a.md'],
    ['*.m?', 'a.md.bak'],
    ['.*', 'a.b'],
    ['[!a]*', 'abc'],
  ] as const)
    t.notOk(fits(pattern, path), `${pattern} does not fit ${path}`);
  t.throws(() => createGlobMatcher(['[z-a]']), { code: 'CONFIG_INVALID' });
});

t.test('a folder is read to its depths; what is excluded is not opened; loops of links end', async (t) => {
  const root = tempFolder(t);
  mkdirSync(join(root, 'a/b'), { recursive: true });
  mkdirSync(join(root, 'node_modules/x'), { recursive: true });
  for (const name of ['one.md', 'a/two.md', 'a/b/three.txt', 'a/b/image.png', 'node_modules/x/no.md', '.secret.md'])
    writeFileSync(join(root, name), name);
  symlinkSync(root, join(root, 'a/loop'));
  symlinkSync(join(root, 'nowhere'), join(root, 'dangling.md'));
  symlinkSync(join(root, 'one.md'), join(root, 'linked.md'));
  const source = createDirectorySource({
    type: 'directory',
    path: root,
    include: ['*.md', '*.txt'],
    exclude: ['.*', 'node_modules'],
    maxFileBytes: 6,
  });
  const { documents, problems } = await readScan(source, signal);
  t.same(
    documents.map((document) => document.id),
    ['a/b/three.txt', 'a/two.md', 'one.md'],
  );
  t.same(problems, []);
  t.match(documents.at(-1), { name: 'one.md', path: join(root, 'one.md'), bytes: 6, modifiedAt: Number });
  t.equal(await readText(source, documents.at(-1) as never, signal), 'one.md');
  await t.rejects(source.read(documents[0] as never, '', signal), {
    code: 'DOCUMENT_TOO_LARGE',
    message: /13 bytes.*max_file_size allows 6/,
  });
  writeFileSync(join(root, 'one.md'), 'it has grown meanwhile');
  await t.rejects(source.read(documents.at(-1) as never, '', signal), { code: 'DOCUMENT_TOO_LARGE' });
  rmSync(join(root, 'a/two.md'));
  await t.rejects(source.read(documents[1] as never, '', signal), { code: 'DOCUMENT_TOO_LARGE' });
});

t.test('links that lead out of the folder are reported, not read; all others lead to one document per file', async (t) => {
  const outside = tempFolder(t);
  const root = join(outside, 'docs');
  mkdirSync(join(root, '..data'), { recursive: true });
  mkdirSync(join(outside, 'docs-too'));
  for (const name of ['docs-too/secret.md', 'secret.md', 'docs/real.md', 'docs/..data/mounted.md'])
    writeFileSync(join(outside, name), name);
  symlinkSync('../secret.md', join(root, 'a-secret.md'));
  symlinkSync(join(outside, 'docs-too'), join(root, 'too'));
  symlinkSync('..', join(root, 'up'));
  symlinkSync('/etc/passwd', join(root, 'not-included'));
  symlinkSync('real.md', join(root, 'again.md'));
  symlinkSync('again.md', join(root, 'and-again.md'));
  symlinkSync('..data/mounted.md', join(root, 'mounted.md'));
  symlinkSync('..data', join(root, 'with-mounted'));
  symlinkSync('itself.md', join(root, 'itself.md'));
  const place = join(outside, 'place');
  symlinkSync(root, place);
  const source = createDirectorySource({ type: 'directory', path: place, include: ['*.md'], exclude: ['.*'], maxFileBytes: 100 });
  const { documents, problems } = await readScan(source, signal);
  t.same(
    documents.map((document) => document.id),
    ['real.md', 'mounted.md'],
  );
  t.equal(await readText(source, documents[1] as never, signal), 'docs/..data/mounted.md');
  t.match(
    problems.map(({ id, isFolder, error }) => ({ id, isFolder, code: (error as AppError).code })),
    [
      { id: 'a-secret.md', isFolder: false, code: 'DOCUMENT_OUTSIDE_SOURCE' },
      { id: 'itself.md', isFolder: false, code: 'DOCUMENT_SOURCE_UNREADABLE' },
      { id: 'too', isFolder: false, code: 'DOCUMENT_OUTSIDE_SOURCE' },
      { id: 'up', isFolder: false, code: 'DOCUMENT_OUTSIDE_SOURCE' },
    ],
  );
  t.match(problems[0]?.error.message, `'${join(place, 'a-secret.md')}' is a link that leads out`);

  rmSync(join(root, 'real.md'));
  symlinkSync('../secret.md', join(root, 'real.md'));
  await t.rejects(source.read(documents[0] as never, '', signal), { code: 'DOCUMENT_OUTSIDE_SOURCE' }, 'also when it became one meanwhile');
});

t.test('a name that is no UTF-8 is told of, not passed over in silence (RAG-01)', async (t) => {
  const root = tempFolder(t);
  const name = Buffer.concat([Buffer.from(`${root}/caf`), Buffer.from([0xe9]), Buffer.from('.md')]);
  try {
    writeFileSync(name, 'menu');
  } catch (error) {
    t.comment(`this file system takes nothing but UTF-8: ${String(error)}`);
    return;
  }
  writeFileSync(join(root, 'tea.md'), 'tea');
  symlinkSync(join(root, 'nowhere'), join(root, 'gone.md'));
  const { documents, problems } = await readScan(
    createDirectorySource({ type: 'directory', path: root, include: ['*.md'], exclude: [], maxFileBytes: 100 }),
    signal,
  );
  t.same(
    documents.map(({ id }) => id),
    ['tea.md'],
  );
  t.equal(problems.length, 1, 'a link to nowhere is none');
  t.match(problems[0]?.error, { code: 'DOCUMENT_SOURCE_UNREADABLE', message: /not UTF-8/ });
  t.equal(problems[0]?.isFolder, false);
});

t.test('a root that is missing or no folder is an error that names it', async (t) => {
  const root = tempFolder(t);
  writeFileSync(join(root, 'file'), '');
  for (const path of [join(root, 'missing'), join(root, 'file')]) {
    const source = createDirectorySource({ type: 'directory', path, include: [], exclude: [], maxFileBytes: 10 });
    await t.rejects(readScan(source, signal), { code: 'DOCUMENT_SOURCE_UNREADABLE', message: path });
  }
  const source = createDirectorySource({ type: 'directory', path: root, include: [], exclude: [], maxFileBytes: 10 });
  const { documents } = await readScan(source, signal);
  rmSync(join(root, 'file'));
  await t.rejects(source.read(documents[0] as never, '', signal), { code: 'DOCUMENT_SOURCE_UNREADABLE', message: /file/ });
  await t.rejects(readScan(source, AbortSignal.abort(new Error('stop'))), { message: 'stop' });
});
