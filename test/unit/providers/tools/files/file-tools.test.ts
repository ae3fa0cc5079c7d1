import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { systemClock } from '../../../../../src/base/clock.js';
import type { JsonObject } from '../../../../../src/base/json.js';
import { resolveBuiltInTools } from '../../../../../src/config/keys/tools.js';
import type { FunctionToolSettings } from '../../../../../src/config/settings.js';
import { createArgumentsCheck } from '../../../../../src/providers/tools/arguments.js';
import { createTools } from '../../../../../src/providers/tools/registry.js';
import { toolContext } from '../../../../support/tool-context.js';

type Call = (name: string, args: JsonObject) => Promise<string>;

/** Tools anew each time, as another process would have them. */
function openTools(root: string, limits: Partial<FunctionToolSettings> = {}): Call {
  const settings = resolveBuiltInTools({ workingDirectory: root, environment: {} });
  const tools = createTools({
    agent: 'helper',
    tools: Object.keys(settings),
    builtInTools: Object.fromEntries(
      Object.entries(settings).map(([name, own]) => [name, own.type === 'function' ? { ...own, ...limits } : own]),
    ),
    documentStores: [],
    search: { search: async () => [] },
    clock: systemClock,
  });
  const check = createArgumentsCheck();
  return async (name, args) => {
    const tool = tools.find((candidate) => candidate.name === name);
    if (tool === undefined) throw new Error(name);
    const checked = check(tool, args);
    if (checked.type === 'invalid') return `INVALID: ${checked.problems}`;
    return await tool.execute(checked.arguments, toolContext()).then(
      ({ content }) => content,
      (error: unknown) => `ERROR: ${error instanceof Error ? error.message : String(error)}`,
    );
  };
}

const TEXT = 'one\ntwo\nthree\nfour\nfive\nsix\nseven\n';

t.test('text_editor: view with a range, create, str_replace, insert, undo_edit (TOOL-10)', async (t) => {
  const root = t.testdir({ 'a.txt': TEXT });
  const call = openTools(root);
  const edit = (command: string, args: JsonObject) => call('text_editor', { command, path: 'a.txt', ...args });
  const now = () => readFileSync(join(root, 'a.txt'), 'utf8');
  t.equal(await edit('view', { view_range: [2, 3] }), '     2\ttwo\n     3\tthree');
  t.match(await edit('view', { view_range: [6, -1] }), /seven$/);
  t.match(await edit('view', { view_range: [9, 10] }), /ERROR: the range begins at line 9, and 'a.txt' has 7/);
  t.match(await edit('str_replace', { old_str: 'two', new_str: 'TWO' }), /^-two\n\+TWO$/m);
  t.match(await edit('str_replace', { old_str: 'nothing', new_str: 'x' }), /ERROR: the text to replace is not in 'a.txt'/);
  t.match(await edit('str_replace', { old_str: 'e', new_str: 'x' }), /ERROR: .* more than once \(lines 1, 3/);
  await edit('insert', { insert_line: 0, insert_text: 'zero' });
  await edit('insert', { insert_line: 8, insert_text: 'eight\n' });
  t.equal(now(), 'zero\none\nTWO\nthree\nfour\nfive\nsix\nseven\neight\n');
  t.match(await edit('insert', { insert_line: 99, insert_text: 'x' }), /ERROR: insert_line is 99, and 'a.txt' has 9 lines/);
  t.match(await edit('insert', { insert_line: 1 }), /ERROR: 'insert' needs insert_text/);
  for (const wanted of ['zero\none\nTWO\nthree\nfour\nfive\nsix\nseven\n', TEXT.replace('two', 'TWO'), TEXT]) {
    await openTools(root)('text_editor', { command: 'undo_edit', path: 'a.txt' });
    t.equal(now(), wanted, 'also by another process');
  }
  t.match(await edit('undo_edit', {}), /ERROR: there is no change of 'a.txt' to undo/);
});

t.test('undo_edit deletes what was created, keeps the mode, and undoes nothing that somebody else changed (TOOL-10)', async (t) => {
  const root = t.testdir({ 'run.sh': 'echo 1\n' });
  chmodSync(join(root, 'run.sh'), 0o750);
  const call = openTools(root);
  await call('text_editor', { command: 'create', path: 'new/file.txt', file_text: 'x' });
  t.ok(existsSync(join(root, 'new/file.txt')));
  await call('text_editor', { command: 'undo_edit', path: 'new/file.txt' });
  t.notOk(existsSync(join(root, 'new/file.txt')));
  await call('text_editor', { command: 'str_replace', path: 'run.sh', old_str: '1', new_str: '2' });
  t.equal(statSync(join(root, 'run.sh')).mode & 0o777, 0o750);
  writeFileSync(join(root, 'run.sh'), 'echo 3\n');
  t.match(await call('text_editor', { command: 'undo_edit', path: 'run.sh' }), /ERROR: .* changed since by something else/);
  t.equal(readFileSync(join(root, 'run.sh'), 'utf8'), 'echo 3\n');
});

t.test('only so many changes can be undone as the configuration says (TOOL-10, W-36)', async (t) => {
  const root = t.testdir({ 'a.txt': '0' });
  const call = openTools(root, { maxUndoSteps: 2 });
  for (const text of ['1', '2', '3']) await call('text_editor', { command: 'create', path: 'a.txt', file_text: text });
  const undo = () => call('text_editor', { command: 'undo_edit', path: 'a.txt' });
  await undo();
  await undo();
  t.match(await undo(), /ERROR: there is no change/);
  t.equal(readFileSync(join(root, 'a.txt'), 'utf8'), '1');
});

t.test('read_file: ranges, numbers by default, limits (TOOL-11, TOOL-22)', async (t) => {
  const root = t.testdir({ 'a.txt': TEXT, 'empty.txt': '' });
  const call = openTools(root, { maxReadBytes: 40 });
  t.equal(await call('read_file', { path: 'a.txt', start_line: 7 }), '     7\tseven');
  t.equal(await call('read_file', { path: 'a.txt', start_line: 2, end_line: 3, line_numbers: false }), 'two\nthree');
  t.match(await call('read_file', { path: 'a.txt', start_line: 3, end_line: 2 }), /ERROR: the range ends at line 2/);
  t.match(await call('read_file', { path: 'a.txt', start_line: 0 }), /INVALID/);
  t.match(await call('read_file', { path: 'none.txt' }), /ERROR: 'none.txt' does not exist/);
  t.match(await call('read_file', { path: 'empty.txt' }), /^ +1\t$/);
  writeFileSync(join(root, 'large.txt'), 'x'.repeat(41));
  t.match(await call('read_file', { path: 'large.txt' }), /ERROR: 'large.txt' has 41 bytes; the limit is 40/);
});

t.test('write_file: a backup by default, folders are made, limits hold (TOOL-12, TOOL-22, W-36)', async (t) => {
  const root = t.testdir({ 'a.txt': 'old' });
  const call = openTools(root, { maxWriteBytes: 10 });
  t.match(await call('write_file', { path: 'a.txt', content: 'new' }), /Replaced 'a.txt' \(3 bytes\)/);
  t.equal(readFileSync(join(root, 'a.txt.bak'), 'utf8'), 'old');
  await call('write_file', { path: 'a.txt', content: 'newer' });
  t.equal(readFileSync(join(root, 'a.txt.bak'), 'utf8'), 'new');
  await call('write_file', { path: 'b/c.txt', content: 'x', backup: false });
  t.same(readdirSync(join(root, 'b')), ['c.txt']);
  t.match(await call('write_file', { path: 'a.txt', content: 'x'.repeat(11) }), /ERROR: .* the limit is 10/);
  t.equal(readFileSync(join(root, 'a.txt'), 'utf8'), 'newer');
  t.same(readdirSync(root).sort(), ['a.txt', 'a.txt.bak', 'b'], 'no temporary file is left');
});

t.test('search_replace: one place, all places, a limit, a diff and a backup by default (TOOL-13, TOOL-22, W-36)', async (t) => {
  const root = t.testdir({ 'a.txt': 'x x x\n' });
  const call = openTools(root, { maxReplacements: 3 });
  const base = { path: 'a.txt', old_string: 'x', new_string: 'y' };
  t.match(await call('search_replace', base), /ERROR: .* more than once/);
  const done = await call('search_replace', { ...base, replace_all: true });
  t.match(done, /Replaced 3 places/);
  t.match(done, /^-x x x\n\+y y y$/m);
  t.equal(readFileSync(join(root, 'a.txt.bak'), 'utf8'), 'x x x\n');
  writeFileSync(join(root, 'a.txt'), 'x x x x');
  t.match(await call('search_replace', { ...base, replace_all: true }), /ERROR: .* more than 3 times/);
  t.match(await call('search_replace', { ...base, old_string: 'q' }), /ERROR: .* is not in 'a.txt'/);
  t.equal(readFileSync(join(root, 'a.txt'), 'utf8'), 'x x x x');
  writeFileSync(join(root, 'a.txt'), '$1\n');
  await call('search_replace', { path: 'a.txt', old_string: '$1', new_string: "$& $' $$" });
  t.equal(readFileSync(join(root, 'a.txt'), 'utf8'), "$& $' $$\n", 'nothing in the new text is a pattern');
});

t.test('apply_patch: old and new lines with their context (TOOL-14)', async (t) => {
  const root = t.testdir({ 'a.txt': TEXT, 'twice.txt': 'a\nb\na\nb\n' });
  const call = openTools(root);
  t.match(await call('apply_patch', { path: 'a.txt', old_string: 'two\nthree\nfour', new_string: 'two\n3\nfour' }), /^-three\n\+3$/m);
  t.match(await call('apply_patch', { path: 'a.txt', old_string: 'five', new_string: '5' }), /ERROR: .* share no line/);
  t.match(await call('apply_patch', { path: 'a.txt', old_string: 'iv', new_string: 'x' }), /ERROR: old_string is part of line 5/);
  t.match(await call('apply_patch', { path: 'a.txt', old_string: 'five', new_string: '5', context_validation: false }), /^\+5$/m);
  t.match(await call('apply_patch', { path: 'twice.txt', old_string: 'a\nb', new_string: 'a\nc' }), /ERROR: .* more than once/);
  t.match(await call('apply_patch', { path: 'a.txt', old_string: 'x', new_string: 'y', patch: '@@ -1 +1 @@' }), /ERROR: wanted either/);
  t.match(await call('apply_patch', { path: 'a.txt' }), /ERROR: wanted either/);
  t.ok(existsSync(join(root, 'a.txt.bak')), 'a backup by default (TOOL-22)');
});

t.test('apply_patch: a unified diff, also moved, never where it only looks alike (TOOL-14)', async (t) => {
  const root = t.testdir({ 'a.txt': TEXT, 'twice.txt': 'x\na\nb\nc\ny\na\nb\nc\n' });
  const call = openTools(root);
  const patch =
    '--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n three\n@@ -5,3 +5,4 @@\n five\n six\n+six and a half\n seven\n';
  t.match(await call('apply_patch', { path: 'a.txt', patch }), /^\+TWO$/m);
  t.equal(readFileSync(join(root, 'a.txt'), 'utf8'), 'one\nTWO\nthree\nfour\nfive\nsix\nsix and a half\nseven\n');
  t.match(await call('apply_patch', { path: 'a.txt', patch }), /ERROR: the patch does not fit/, 'twice is once too often');
  t.match(
    await call('apply_patch', { path: 'a.txt', patch: '@@ -9,2 +9,2 @@\n three\n-four\n+4\n' }),
    /^\+4$/m,
    'the numbers are wrong, the lines are not',
  );
  t.match(await call('apply_patch', { path: 'twice.txt', patch: '@@ -3,3 +3,3 @@\n a\n-b\n+B\n c\n' }), /ERROR: .* several other places/);
  t.match(await call('apply_patch', { path: 'a.txt', patch: 'nonsense' }), /ERROR: the patch/);
  t.match(
    await call('apply_patch', { path: 'made.txt', patch: '--- /dev/null\n+++ b/made.txt\n@@ -0,0 +1,2 @@\n+hello\n+there\n' }),
    /Patched/,
  );
  t.equal(readFileSync(join(root, 'made.txt'), 'utf8'), 'hello\nthere\n');
});

t.test('apply_patch: no patch keeps the process busy (TOOL-14)', async (t) => {
  const call = openTools(t.testdir({ 'long.txt': 'a\n'.repeat(400_000) }));
  const many = Array.from({ length: 1_000 }, (_, at) => `@@ -${at * 2 + 1} +${at * 2 + 1} @@\n-b\n+c\n`).join('');
  const deep = `@@ -9,100001 +9,100001 @@\n${' a\n'.repeat(100_000)}-b\n+c\n`;
  const before = process.cpuUsage();
  t.match(await call('apply_patch', { path: 'long.txt', patch: many }), /ERROR: the patch has 1000 hunks; the limit is 100/);
  t.match(await call('apply_patch', { path: 'long.txt', patch: deep }), /ERROR: it takes more than 2000 ms to find where the patch fits/);
  const { user, system } = process.cpuUsage(before);
  t.ok(user + system < 8_000_000, `${user + system} µs`);
});

t.test('encodings and line ends stay what they were; what is not text is left alone', async (t) => {
  const root = t.testdir({});
  const call = openTools(root);
  const files: Readonly<Record<string, Buffer>> = {
    'bom.txt': Buffer.from('\ufeffgrün alt\r\nzwei\r\n', 'utf8'),
    'utf16.txt': Buffer.from('\ufeffgrün alt\r\nzwei\r\n', 'utf16le'),
    'latin.txt': Buffer.from('grün alt\nzwei\n', 'latin1'),
    'plain.txt': Buffer.from('grün alt\nzwei\n', 'utf8'),
  };
  for (const [path, bytes] of Object.entries(files)) {
    writeFileSync(join(root, path), bytes);
    t.match(await call('read_file', { path }), /grün alt/, path);
    t.match(
      await call('search_replace', { path, old_string: 'alt\nzwei', new_string: 'neu\ndrei', create_backup: false }),
      /Replaced 1 place/,
      path,
    );
    const encoding = path.startsWith('utf16') ? 'utf16le' : path.startsWith('latin') ? 'latin1' : 'utf8';
    t.same(
      readFileSync(join(root, path)),
      Buffer.from(bytes.toString(encoding).replace('alt', 'neu').replace('zwei', 'drei'), encoding),
      path,
    );
  }
  t.match(await call('search_replace', { path: 'latin.txt', old_string: 'neu', new_string: '新' }), /ERROR: .* Latin-1/);
  writeFileSync(join(root, 'image.png'), Buffer.from([137, 80, 78, 71, 0, 0, 1, 2]));
  t.match(await call('read_file', { path: 'image.png' }), /ERROR: 'image.png' is not a text file/);
  t.match(await call('search_replace', { path: 'image.png', old_string: 'P', new_string: 'Q' }), /ERROR: .* not a text file/);
});

t.test('calls of one answer that change the same file take turns: no change is lost', async (t) => {
  const root = t.testdir({ 'a.txt': Array.from({ length: 20 }, (_, index) => `line ${index};`).join('\n') });
  const call = openTools(root);
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      call('text_editor', { command: 'str_replace', path: 'a.txt', old_str: `line ${index};`, new_str: `done ${index};` }),
    ),
  );
  t.same(
    answers.filter((answer) => !answer.startsWith('Edited')),
    [],
  );
  t.notMatch(readFileSync(join(root, 'a.txt'), 'utf8'), /line/);
});

t.test('grep_search: context, patterns of files, limits, defaults (TOOL-15, TOOL-22, W-36)', async (t) => {
  const root = t.testdir({
    'a.txt': TEXT,
    sub: { 'b.ts': 'const Three = 3;\n', 'c.js': 'three\n', deep: { 'd.ts': 'three\n' } },
    node_modules: { 'x.ts': 'three\n' },
  });
  writeFileSync(join(root, 'bin.dat'), Buffer.from('three\0'));
  const call = openTools(root, { maxFileBytes: 1_000 });
  writeFileSync(join(root, 'large.txt'), `three${'x'.repeat(1_000)}`);
  const all = await call('grep_search', { pattern: 'three' });
  t.match(
    all,
    'a.txt-1-one\na.txt-2-two\na.txt:3:three\na.txt-4-four\na.txt-5-five',
    'two lines of context on both sides, and folders in folders, by default',
  );
  t.match(all, /sub\/deep\/d\.ts:1:three/);
  t.match(all, /3 matches in \d+ files; 2 files were not searched/);
  t.notMatch(all, /Three|node_modules|large\.txt|bin\.dat/);
  t.match(
    await call('grep_search', { pattern: 'three', case_insensitive: true, file_pattern: '*.ts', context_lines: 0 }),
    /^sub\/b\.ts:1:const Three = 3;\n--\nsub\/deep\/d\.ts:1:three\n\n2 matches/,
  );
  t.match(await call('grep_search', { pattern: 'three', file_pattern: 'sub/*.{ts,js}' }), /1 match in/);
  t.match(await call('grep_search', { pattern: 'three', recursive: false }), /^a\.txt[\s\S]*1 match in/);
  t.match(
    await call('grep_search', { pattern: 'o', path: 'a.txt', max_results: 2, context_lines: 0 }),
    /2 matches in 1 files; there are more/,
  );
  t.match(await call('grep_search', { pattern: '(' }), /ERROR: the pattern is not a regular expression/);
  t.match(await call('grep_search', { pattern: 'x', file_pattern: '{a' }), /ERROR: file_pattern/);
  t.match(await call('grep_search', { pattern: 'x', max_results: 5_000 }), /INVALID/);
  t.match(await openTools(root, { maxFiles: 1 })('grep_search', { pattern: 'nothing' }), /more files than one call searches/);
});

t.test('a hostile pattern is ended at the time limit, and with the signal; nothing else waits for it (TOOL-15)', async (t) => {
  const root = t.testdir({ 'a.txt': `${'a'.repeat(40)}!\n`, 'b.txt': 'fine\n' });
  const settings = resolveBuiltInTools({ workingDirectory: root, environment: {} })['grep_search'] as FunctionToolSettings;
  const create = (maxExecutionTimeMs: number) =>
    createTools({
      agent: 'helper',
      tools: ['grep_search'],
      declared: { grep_search: { ...settings, maxExecutionTimeMs } },
      documentStores: [],
      search: { search: async () => [] },
      clock: systemClock,
    })[0] as NonNullable<ReturnType<typeof createTools>[0]>;
  const args = { pattern: '^(a+)+$', path: '.', case_insensitive: false, context_lines: 0, max_results: 10, recursive: true };
  const late = await create(300).execute(args, toolContext());
  t.match(late, { isError: true, content: /took longer than 300 ms/ });
  const stop = new AbortController();
  const hanging = create(60_000).execute(args, toolContext({ signal: stop.signal }));
  const fine = await create(30_000).execute({ ...args, pattern: 'fine' }, toolContext());
  t.match(fine.content, /b\.txt:1:fine/);
  stop.abort(new Error('stop'));
  await t.rejects(hanging);
});
