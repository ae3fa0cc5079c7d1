import t, { type Test } from 'tap';
import { recordStart, runCommand, stopped } from '../../support/cli-rig.js';

async function serve(t: Test, argv: readonly string[], file?: string) {
  const { start, seen } = recordStart(t);
  const files: Record<string, string> = file === undefined ? {} : { 'h.yaml': file };
  const result = await runCommand(t, ['serve', ...(file === undefined ? [] : ['-c', 'h.yaml']), ...argv], {
    files,
    start,
    stop: stopped(),
  });
  return { ...result, settings: seen.settings };
}

t.test('without --tools nobody has a tool that reads, writes or runs something', async (t) => {
  const { settings } = await serve(t, []);
  t.same(settings?.tools, {});
  t.equal(settings?.agents['assistant']?.tools, undefined);
});

t.test('--tools: a list, all, or nothing behind it (TOOL-03)', async (t) => {
  const some = await serve(t, ['--tools', 'grep_search, bash']);
  t.match(some.settings?.tools, { bash: { type: 'command' }, grep_search: { type: 'function', handler: 'grep_search' } });
  t.equal(some.settings?.agents['assistant']?.tools, undefined, 'it has all that is declared');
  const all = [
    'apply_patch',
    'bash',
    'grep_search',
    'read_file',
    'request_approval',
    'search_replace',
    'text_editor',
    'todo_write',
    'web_fetch',
    'web_request',
    'web_search',
    'write_file',
  ];
  for (const argv of [['--tools', 'all'], ['--tools'], ['--tools', '--port', '9']])
    t.same(Object.keys((await serve(t, argv)).settings?.tools ?? {}).sort(), all, argv.join(' '));
});

t.test('--tools adds to what the file gives an agent, and leaves what it says about a tool (TOOL-03, CLI-21)', async (t) => {
  const file = 'agents: {a: {tools: [sh]}}\ntools: {sh: {type: command, max_execution_time: 5s}, edit: {handler: text_editor}}';
  const { settings } = await serve(t, ['--tools', 'sh,grep_search,text_editor'], file);
  t.same(settings?.agents['a']?.tools, ['sh', 'grep_search'], 'text_editor is declared as edit');
  t.match(settings?.tools['sh'], { maxExecutionTimeMs: 5_000 });
});

t.test('--approve-tools goes before --no-approve-tools, and both before require_approval (TOOL-02)', async (t) => {
  const file = 'agents: {a: {}}\ntools: {sh: {type: command, require_approval: true}, look: {handler: read_file, require_approval: false}}';
  const { settings } = await serve(t, ['--tools=bash', '--no-approve-tools', 'sh,look,bash', '--approve-tools', 'look'], file);
  t.match(settings?.tools, { sh: { requireApproval: false }, look: { requireApproval: true }, bash: { requireApproval: false } });
});

t.test('a flag gives no agent a tool that nobody meant it to have', async (t) => {
  t.match((await serve(t, ['--no-approve-tools', 'bash'])).errors, "the agent 'assistant' has no tool 'bash'; name it with --tools, too");
  const file = 'agents: {assistant: {}, other: {}}';
  t.match((await serve(t, ['--tools', 'bash'], file)).errors, "bash would also be a tool of the agent 'other', which names none");
  const { settings } = await serve(t, ['--tools', 'bash'], 'agents: {assistant: {tools: []}, other: {}}');
  t.same(settings?.agents['assistant']?.tools, ['bash']);
  t.same(settings?.tools, {}, 'other does not get it');
});

t.test('a tool that there is not is said, with the nearest (TOOL-03)', async (t) => {
  for (const flag of ['--tools', '--approve-tools', '--no-approve-tools']) {
    const { code, errors } = await serve(t, [flag, 'text_editr']);
    t.equal(code, 2);
    t.match(errors, `${flag}: there is no tool 'text_editr'; did you mean 'text_editor'?`);
  }
});
