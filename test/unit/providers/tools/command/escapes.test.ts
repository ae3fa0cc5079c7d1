import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { systemClock } from '../../../../../src/base/clock.js';
import {
  type CommandDependencies,
  type CommandLimits,
  createCommandTool,
} from '../../../../../src/providers/tools/adapters/command/command-tool.js';
import { createArgumentsCheck } from '../../../../../src/providers/tools/arguments.js';
import { ALLOWED_COMMANDS } from '../../../../fixtures/tool-sandbox/allowed-commands.js';
import { REFUSED_CODE } from '../../../../fixtures/tool-sandbox/refused-code.js';
import { REFUSED_COMMANDS } from '../../../../fixtures/tool-sandbox/refused-commands.js';
import { toolContext } from '../../../../support/tool-context.js';
import { createToolFolder } from '../../../../support/tool-folder.js';

const createTool = (root: string, change: Partial<CommandLimits> = {}, dependencies: Partial<CommandDependencies> = {}) =>
  createCommandTool(
    {
      workingDirectory: root,
      maxExecutionTimeMs: 30_000,
      allowedCommands: [],
      deniedCommands: [],
      denyByDefault: false,
      maxOutputBytes: 65_536,
      environment: [],
      ...change,
    },
    { clock: systemClock, ...dependencies },
  );

async function run(tool: ReturnType<typeof createTool>, command: string, workingDir = '.') {
  return await tool.execute({ command, working_dir: workingDir }, toolContext());
}

async function reasonOf(tool: ReturnType<typeof createTool>, command: string, workingDir = '.'): Promise<string> {
  return await run(tool, command, workingDir).then(
    ({ content }) => `it ran: ${content}`,
    (error: unknown) => (error instanceof Error && 'code' in error ? `${String(error.code)}: ${error.message}` : String(error)),
  );
}

t.test('no command line of the escape suite runs (TOOL-30…34, W-35)', async (t) => {
  const { root } = createToolFolder(t);
  const before = readdirSync(root).sort();
  const reached: string[] = [];
  // Whatever gets through reaches no shell: these lines would do what they say, to this very machine.
  const run = async (command: string) => {
    reached.push(command);
    return { exitCode: 0, signal: null, isLate: false };
  };
  const tool = createTool(root, {}, { run });
  const lines = Object.entries({ ...REFUSED_COMMANDS, ...REFUSED_CODE }).flatMap(([group, commands]) =>
    commands.map((command) => ({ group, command })),
  );
  t.ok(lines.length >= 200, `${lines.length} lines`);
  for (const { group, command } of lines) {
    const reason = await reasonOf(tool, command);
    t.match(reason, /^TOOL_COMMAND_REFUSED: the command is refused: \S/, `${group}: ${JSON.stringify(command)}`);
  }
  t.same(reached, []);
  t.same(readdirSync(root).sort(), before, 'nothing was made or deleted');
  t.equal(readFileSync(join(root, 'notes.txt'), 'utf8'), 'alpha\nbeta\ngamma\n');
});

t.test('every legitimate command line runs and does what it says (TOOL-33)', async (t) => {
  const { root } = createToolFolder(t);
  const tool = createTool(root);
  t.ok(ALLOWED_COMMANDS.length >= 60, `${ALLOWED_COMMANDS.length} lines`);
  for (const [command, prints] of ALLOWED_COMMANDS) {
    const content = await run(tool, command).then(
      (result) => result.content,
      (error: unknown) => String(error),
    );
    t.ok(content.includes(prints), `${command} → ${content.slice(0, 200)}`);
  }
});

t.test('working_dir stays inside the working directory (TOOL-34, W-35)', async (t) => {
  const { root } = createToolFolder(t);
  const tool = createTool(root);
  t.match((await run(tool, 'cat deep.txt', 'inner')).content, 'deep');
  t.match((await run(tool, 'cat deep.txt', 'inside-link')).content, 'deep');
  for (const folder of [
    '/',
    '..',
    '../work-evil',
    'link-out',
    'outside',
    'inner/../..',
    '~',
    '/etc',
    'inner/up-out',
    '.hector',
    'loop-a',
    `${root}-evil`,
  ])
    t.match(await reasonOf(tool, 'ls', folder), /^TOOL_PATH_REFUSED|^TOOL_FAILED/, folder);
});

t.test('denied patterns come first, then the deny list, then the allow list (TOOL-30)', async (t) => {
  const { root } = createToolFolder(t);
  const tool = createTool(root, { allowedCommands: ['rm', 'git', 'cat'], deniedCommands: ['cat'] }, { run: runNothing });
  t.match(await reasonOf(tool, 'rm notes.txt'), /'rm' is denied/, 'allowed by nobody');
  t.match(await reasonOf(tool, 'cat notes.txt'), /'cat' is denied/);
  t.match(await reasonOf(tool, 'ls'), /'ls' is not in the list of allowed commands: rm, git, cat/);
  t.ok(existsSync(join(root, 'notes.txt')));
});

t.test('an allow list is exclusive, and an empty one with deny_by_default allows nothing (TOOL-33)', async (t) => {
  const { root } = createToolFolder(t);
  const only = createTool(root, { allowedCommands: ['cat', 'python3', 'env'] });
  t.match((await run(only, 'cat notes.txt')).content, 'alpha');
  t.match((await run(only, '[ -f notes.txt ] && env cat notes.txt')).content, 'alpha');
  for (const line of [
    'cat notes.txt | head -1',
    'echo $(ls)',
    './cat notes.txt',
    './run.sh',
    'env ls',
    'bash -c "cat notes.txt"',
    'cat() { :; }; cat notes.txt',
    'nice cat notes.txt',
  ])
    t.match(await reasonOf(only, line), /TOOL_COMMAND_REFUSED/, line);
  t.notMatch(await reasonOf(only, "python3 -c 'print(1)'"), /TOOL_COMMAND_REFUSED/, 'whoever lists an interpreter decides for its code');
  const none = createTool(root, { denyByDefault: true });
  t.match(await reasonOf(none, 'ls'), /'ls' is not in the list of allowed commands, which is empty/);
});

t.test('a deny list of the configuration adds to the one there is (TOOL-34, W-35)', async (t) => {
  const { root } = createToolFolder(t);
  const tool = createTool(root, { deniedCommands: ['wc'] }, { run: runNothing });
  t.match(await reasonOf(tool, 'ls | wc -l'), /'wc' is denied/);
  t.match(await reasonOf(tool, 'rm notes.txt'), /'rm' is denied/);
});

t.test('defaults of the schema are applied, and a call without a command is invalid (TOOL-22)', async (t) => {
  const check = createArgumentsCheck();
  const tool = createTool(t.testdir({}));
  t.same(check(tool, { command: 'ls' }), { type: 'valid', arguments: { command: 'ls', working_dir: '.' } });
  t.match(check(tool, {}), { type: 'invalid' });
});

t.test('no line keeps the check busy: whoever waits for this process would lose its leases (TOOL-34)', async (t) => {
  const root = t.testdir({ ['a'.repeat(250)]: '' });
  const tool = createTool(root, {}, { run: runNothing });
  const fill = (text: string) => text.repeat(Math.floor(32_000 / text.length));
  for (const line of [
    `ls ${'*a'.repeat(40)}b`,
    `cd ${fill('a/')}`,
    `ls -${fill('a')}`,
    `ls ${Array.from({ length: 4_000 }, (_, index) => `p${index}`).join(',')} && ${'cd a && '.repeat(20)} ls`,
    `echo $((${fill('x+')}1))`,
    `cat ${fill('{a,b}')}`,
    `awk '"${fill('\\"')}'`,
    `awk '${fill('print ')}'`,
    `sed '${fill('s/[')}'`,
  ]) {
    const before = process.cpuUsage();
    const reason = await reasonOf(tool, line);
    const { user, system } = process.cpuUsage(before);
    t.match(reason, /^it ran|^TOOL_COMMAND_REFUSED/, line.slice(0, 30));
    t.ok(user + system < 3_000_000, `${line.slice(0, 30)}: ${user + system} µs`);
  }
});

async function runNothing() {
  return { exitCode: 0, signal: null, isLate: false };
}
