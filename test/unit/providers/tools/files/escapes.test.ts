import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { systemClock } from '../../../../../src/base/clock.js';
import type { JsonObject } from '../../../../../src/base/json.js';
import { resolveBuiltInTools } from '../../../../../src/config/keys/tools.js';
import { createArgumentsCheck } from '../../../../../src/providers/tools/arguments.js';
import type { Tool } from '../../../../../src/providers/tools/contract.js';
import { createTools } from '../../../../../src/providers/tools/registry.js';
import { REFUSED_PATHS } from '../../../../fixtures/tool-sandbox/refused-paths.js';
import { toolContext } from '../../../../support/tool-context.js';
import { createToolFolder } from '../../../../support/tool-folder.js';

const NAMES = ['text_editor', 'read_file', 'write_file', 'search_replace', 'apply_patch', 'grep_search'];

function createFileTools(root: string): (name: string, args: JsonObject, signal?: AbortSignal) => Promise<string> {
  const tools = createTools({
    agent: 'helper',
    tools: NAMES,
    builtInTools: resolveBuiltInTools({ workingDirectory: root }),
    documentStores: [],
    search: { search: async () => [] },
    clock: systemClock,
  });
  const check = createArgumentsCheck();
  return async (name, args, signal) => {
    const tool = tools.find((candidate) => candidate.name === name) as Tool;
    const checked = check(tool, args);
    if (checked.type === 'invalid') return `INVALID: ${checked.problems}`;
    return await tool.execute(checked.arguments, toolContext(signal === undefined ? {} : { signal })).then(
      ({ content, isError }) => `${isError ? 'ERROR' : 'OK'}: ${content}`,
      (error: unknown) => (error instanceof Error && 'code' in error ? `${String(error.code)}: ${error.message}` : String(error)),
    );
  };
}

/** Each way of reading and of writing at one path. */
const READS: readonly (readonly [string, (path: string) => JsonObject])[] = [
  ['read_file', (path) => ({ path })],
  ['text_editor', (path) => ({ command: 'view', path })],
  ['grep_search', (path) => ({ path, pattern: '.' })],
];

const WRITES: typeof READS = [
  ['write_file', (path) => ({ path, content: 'written' })],
  ['text_editor', (path) => ({ command: 'create', path, file_text: 'written' })],
  ['text_editor', (path) => ({ command: 'insert', path, insert_line: 0, insert_text: 'written' })],
  ['text_editor', (path) => ({ command: 'str_replace', path, old_str: 'TOP', new_str: 'written' })],
  ['text_editor', (path) => ({ command: 'undo_edit', path })],
  ['search_replace', (path) => ({ path, old_string: 'TOP', new_string: 'written' })],
  ['apply_patch', (path) => ({ path, old_string: 'TOP SECRET', new_string: 'written', context_validation: false })],
  ['apply_patch', (path) => ({ path, patch: '@@ -0,0 +1 @@\n+written\n' })],
];

function addSpecialFiles(root: string, secret: string): void {
  linkSync(secret, join(root, 'hard-link.txt'));
  execFileSync('mkfifo', [join(root, 'pipe')]);
}

t.test('no file tool reads or writes through a path of the escape suite (TOOL-16, W-36)', async (t) => {
  const { root, secret, outside } = createToolFolder(t);
  addSpecialFiles(root, secret);
  t.ok(REFUSED_PATHS.length >= 60, `${REFUSED_PATHS.length} paths`);
  const call = createFileTools(root);
  const before = { root: readdirSync(root).sort(), outside: readdirSync(outside).sort() };
  const paths = REFUSED_PATHS.map((template) => template.replace('{root}', root).replace('{outside}', outside));
  const tryAll = async (calls: typeof READS): Promise<boolean> => {
    let isRefused = true;
    for (const path of paths)
      for (const [name, args] of calls) {
        const answer = await call(name, args(path));
        const label = `${name} ${String(args(path)['command'] ?? '')} ${JSON.stringify(path)}`;
        isRefused = t.match(answer, /^(TOOL_PATH_REFUSED|TOOL_FAILED|INVALID)/, label) && isRefused;
        t.notMatch(answer, /TOP SECRET|root:/, label);
      }
    return isRefused;
  };
  // Where reading gets through, writing is not tried: it would change files of this very machine.
  if (await tryAll(READS)) await tryAll(WRITES);
  t.same({ root: readdirSync(root).sort(), outside: readdirSync(outside).sort() }, before, 'nothing was made or deleted');
  t.equal(readFileSync(secret, 'utf8'), 'TOP SECRET\n');
  t.equal(readFileSync(join(root, 'notes.txt'), 'utf8'), 'alpha\nbeta\ngamma\n');
});

t.test('a search of the whole folder finds nothing behind links, in pipes and in what is protected (TOOL-16)', async (t) => {
  const { root, secret } = createToolFolder(t);
  addSpecialFiles(root, secret);
  const answer = await createFileTools(root)('grep_search', { pattern: 'SECRET|deep' });
  t.match(answer, /inner\/deep\.txt:1:deep/);
  t.notMatch(answer, /TOP SECRET/);
});

t.test('every legitimate path works, through links inside, too (TOOL-16)', async (t) => {
  const { root } = createToolFolder(t);
  const call = createFileTools(root);
  for (const path of ['notes.txt', './notes.txt', join(root, 'notes.txt'), './/notes.txt'])
    t.match(await call('read_file', { path }), /^OK: +1\talpha/, path);
  for (const path of ['inner/deep.txt', 'inside-link/deep.txt', './inner/./deep.txt'])
    t.match(await call('read_file', { path }), /deep/, path);
  for (const path of [
    'new.txt',
    'a/b/c/new.txt',
    'inside-link/new.txt',
    'with space/ä ö.txt',
    '...',
    '..dots.txt',
    '.gitignore',
    '.env.example',
    '-dash',
    'a\\b.txt',
    '$(x).txt',
    '*.txt',
  ])
    t.match(await call('write_file', { path, content: `I am ${path}` }), /^OK: Created/, path);
  t.equal(readFileSync(join(root, 'inner/new.txt'), 'utf8'), 'I am inside-link/new.txt');
  t.match(await call('text_editor', { command: 'view', path: '.' }), /inner\/\n[\s\S]*notes\.txt/);
});

t.test('a folder that is swapped for a link between the check and the use leads nowhere (TOOL-16)', async (t) => {
  const { root, secret, outside } = createToolFolder(t);
  mkdirSync(join(root, 'swap'));
  writeFileSync(join(root, 'swap', 'secret.txt'), 'harmless\n');
  const call = createFileTools(root);
  let isOver = false;
  const swapping = (async () => {
    for (let turn = 0; !isOver; turn++) {
      if (turn % 2 === 0) {
        renameSync(join(root, 'swap'), join(root, 'kept'));
        symlinkSync(outside, join(root, 'swap'));
      } else {
        unlinkSync(join(root, 'swap'));
        renameSync(join(root, 'kept'), join(root, 'swap'));
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  const answers: string[] = [];
  for (let round = 0; round < 150; round++) {
    answers.push(await call('read_file', { path: 'swap/secret.txt' }));
    await call('search_replace', { path: 'swap/secret.txt', old_string: 'TOP SECRET', new_string: 'taken', create_backup: false });
  }
  isOver = true;
  await swapping;
  t.notMatch(answers.join('\n'), /TOP SECRET/);
  t.ok(answers.some((answer) => answer.includes('harmless')));
  t.equal(readFileSync(secret, 'utf8'), 'TOP SECRET\n', 'nothing was written outside');
});

t.test('extensions are allowed and denied by the configuration, also behind a link (TOOL-12)', async (t) => {
  const { root } = createToolFolder(t);
  symlinkSync('x.exe', join(root, 'plain.txt'));
  const settings = resolveBuiltInTools({ workingDirectory: root })['write_file'];
  const create = (change: object, t2: Test) => {
    const [tool] = createTools({
      agent: 'helper',
      tools: ['write_file'],
      declared: { write_file: { ...settings, ...change } as NonNullable<typeof settings> },
      documentStores: [],
      search: { search: async () => [] },
      clock: systemClock,
    });
    t2.ok(tool);
    return async (path: string) =>
      (
        await (tool as Tool)
          .execute({ path, content: 'x', backup: false }, toolContext())
          .catch((error: Error) => ({ content: error.message }))
      ).content;
  };
  const denying = create({ deniedExtensions: ['exe', '.SH'] }, t);
  for (const path of ['a.exe', 'a.EXE', 'a.sh', 'a.exe.txt', 'plain.txt']) t.match(await denying(path), /denied_extensions/, path);
  t.match(await denying('a.txt'), /Created/);
  const allowing = create({ allowedExtensions: ['.md'] }, t);
  t.match(await allowing('a.md'), /Created/);
  for (const path of ['a.txt', 'md', 'a.md.txt', 'a']) t.match(await allowing(path), /allowed_extensions|Created 'md'/, path);
});
