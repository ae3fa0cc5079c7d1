import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { systemClock } from '../../../../../src/base/clock.js';
import { AppError } from '../../../../../src/base/errors.js';
import type { CommandToolSettings } from '../../../../../src/config/settings.js';
import { createCommandTool } from '../../../../../src/providers/tools/adapters/command/command-tool.js';
import { toolContext } from '../../../../support/tool-context.js';

const createTool = (root: string, change: Partial<CommandToolSettings> = {}) =>
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
    { clock: systemClock },
  );

const isLinux = process.platform === 'linux';

/** Until a process is gone; what is not gone in time fails the test. */
async function isGone(pid: number): Promise<boolean> {
  const deadline = performance.now() + 5_000;
  while (performance.now() < deadline) {
    const status = isLinux && existsSync(`/proc/${pid}/status`) ? readFileSync(`/proc/${pid}/status`, 'utf8') : '';
    if (status === '' || /State:\s+Z/.test(status)) return true;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return false;
}

t.test('output comes live, lines of standard error are tagged, facts go with the result (TOOL-21)', async (t) => {
  const context = toolContext();
  const { content, data, isError } = await createTool(t.testdir({})).execute(
    { command: 'echo out; echo bad >&2; exit 3', working_dir: '.' },
    context,
  );
  t.match(content, /^out$/m);
  t.match(content, /^\[stderr\] bad$/m);
  t.match(content, /\(exit code 3\)$/);
  t.equal(isError, true);
  t.match(data, { command: 'echo out; echo bad >&2; exit 3', working_dir: '.', exit_code: 3, duration_ms: Number });
  t.equal(context.shown.join('').includes('[stderr] bad\n'), true);
});

t.test('output is shown before the command ends (TOOL-21)', async (t) => {
  const root = t.testdir({});
  let first: (() => void) | undefined;
  const shown = new Promise<void>((resolve) => {
    first = resolve;
  });
  const running = createTool(root).execute(
    { command: 'echo begin; while [ ! -e go ]; do sleep 0.02; done; echo end', working_dir: '.' },
    toolContext({ progress: () => first?.() }),
  );
  await shown;
  t.notOk(existsSync(`${root}/go`), 'the command waits for a file that is not there');
  await createTool(root).execute({ command: 'touch go', working_dir: '.' }, toolContext());
  t.match((await running).content, 'begin\nend\n');
});

t.test('a line of any length passes, and long output keeps its begin and its end (W-35)', async (t) => {
  const tool = createTool(t.testdir({}), { maxOutputBytes: 4_096 });
  const { content } = await tool.execute(
    { command: "echo start; head -c 3000000 /dev/zero | tr '\\0' x; echo; echo finish", working_dir: '.' },
    toolContext(),
  );
  t.match(content, /^start\nxxx/);
  t.match(content, /… \d{7} characters left out …/);
  t.match(content, /xxx\nfinish\n$/);
  t.ok(content.length < 5_000, `${content.length}`);
});

t.test('standard input is empty, and secrets of the process are not inherited (TOOL-34)', async (t) => {
  process.env['HECTOR_TEST_SECRET'] = 'hidden';
  process.env['LISTED_FOR_COMMANDS'] = 'shown';
  t.teardown(() => {
    delete process.env['HECTOR_TEST_SECRET'];
    delete process.env['LISTED_FOR_COMMANDS'];
  });
  const root = t.testdir({});
  const { content } = await createTool(root).execute({ command: 'cat; env', working_dir: '.' }, toolContext());
  t.notMatch(content, /hidden|shown/);
  t.match(content, /^PATH=\//m);
  const listed = await createTool(root, { environment: ['LISTED_FOR_COMMANDS'] }).execute(
    { command: 'env', working_dir: '.' },
    toolContext(),
  );
  t.match(listed.content, 'LISTED_FOR_COMMANDS=shown');
});

t.test(
  'the time limit ends the whole process group, children that ignore SIGTERM among them (TOOL-34, W-35)',
  { skip: !isLinux && 'needs /proc' },
  async (t) => {
    const tool = createTool(t.testdir({}), { maxExecutionTimeMs: 300 });
    const context = toolContext();
    const command =
      "trap '' TERM; (trap '' TERM; echo child $BASHPID; while true; do sleep 0.05; done) & echo shell $$; while true; do sleep 0.05; done";
    const { content, isError, data } = await tool.execute({ command, working_dir: '.' }, context);
    t.match(content, /ended after 300 ms/);
    t.equal(isError, true);
    t.match(data, { exit_code: null });
    const pids = [...content.matchAll(/(?:child|shell) (\d+)/g)].map(([, pid]) => Number(pid));
    t.equal(pids.length, 2);
    for (const pid of pids) t.ok(await isGone(pid), `${pid} is gone`);
  },
);

t.test(
  'nothing that a command leaves behind outlives it, not even in a session of its own (TOOL-34)',
  { skip: !isLinux && 'needs /proc' },
  async (t) => {
    const root = t.testdir({
      'leave.cjs':
        "const { spawn } = require('node:child_process'); const c = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' }); c.unref(); console.log('left', c.pid);",
    });
    const { content } = await createTool(root).execute(
      { command: 'node leave.cjs; sleep 60 & echo left $!', working_dir: '.' },
      toolContext(),
    );
    const pids = [...content.matchAll(/left (\d+)/g)].map(([, pid]) => Number(pid));
    t.equal(pids.length, 2, content);
    for (const pid of pids) t.ok(await isGone(pid), `${pid} is gone`);
  },
);

t.test('an abort ends the command and rejects with its reason (TOOL-51)', { skip: !isLinux && 'needs /proc' }, async (t) => {
  const stop = new AbortController();
  let pid = 0;
  const running = createTool(t.testdir({})).execute(
    { command: 'echo $$; sleep 60', working_dir: '.' },
    toolContext({
      signal: stop.signal,
      progress: (text) => {
        pid = Number(text);
        stop.abort(new AppError('TASK_CANCELED'));
      },
    }),
  );
  await t.rejects(running, { code: 'TASK_CANCELED' });
  t.ok(await isGone(pid));
  await t.rejects(createTool(t.testdir({})).execute({ command: 'ls', working_dir: '.' }, toolContext({ signal: stop.signal })), {
    code: 'TASK_CANCELED',
  });
});

t.test('a command ends with the process that runs it, also by SIGKILL (TOOL-34)', { skip: !isLinux && 'needs /proc' }, async (t) => {
  const holder: ChildProcess = spawn(process.execPath, [
    fileURLToPath(new URL('../../../../fixtures/shell-holder.js', import.meta.url)),
    '(echo child $BASHPID; sleep 60) & echo shell $$; sleep 60',
  ]);
  t.teardown(() => holder.kill('SIGKILL'));
  let text = '';
  const pids = await new Promise<number[]>((resolve) => {
    holder.stdout?.on('data', (bytes: Buffer) => {
      text += String(bytes);
      const found = [...text.matchAll(/(?:child|shell) (\d+)\n/g)].map(([, pid]) => Number(pid));
      if (found.length === 2) resolve(found);
    });
  });
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  for (const pid of pids) t.ok(await isGone(pid), `${pid} is gone`);
});

t.test('a folder that is not there is said, with the key to change', async (t) => {
  await t.rejects(createTool('/nonexistent/folder').execute({ command: 'ls', working_dir: '.' }, toolContext()), {
    code: 'TOOL_FAILED',
    message: /working_directory/,
  });
});
