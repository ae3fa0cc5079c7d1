/** Tools that edit files and run commands, through the front door (TOOL-10, TOOL-21, TOOL-60, R7). */
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import t from 'tap';
import type { JsonObject } from '../../src/base/json.js';
import { loadSettings } from '../../src/config/load-settings.js';
import { rpc, sendText, textOfParts, userMessage, type WireTask } from '../support/a2a-client.js';
import { waitFor } from '../support/coordination-steps.js';
import { createScriptedModel } from '../support/scripted-llm.js';
import { spawnHector, startTestHector, temporaryDirectory } from '../support/start-hector.js';

const results = (task: WireTask) =>
  (task.artifacts ?? [])
    .flatMap(({ parts }) => parts)
    .flatMap(({ data }) => ((data as JsonObject | undefined)?.['type'] === 'tool_result' ? [data as JsonObject] : []));

t.test(
  'a model edits a file and runs a command, each after somebody agreed; what was refused it reads (TOOL-10, TOOL-21, TOOL-60)',
  { timeout: 60_000 },
  async (t) => {
    const directory = await temporaryDirectory(t);
    await mkdir(path.join(directory, 'work'));
    const model = createScriptedModel(t, [
      { say: [{ call: { name: 'text_editor', arguments: { command: 'create', path: 'greet.txt', file_text: 'hello\n' } } }] },
      { say: [{ call: { name: 'bash', arguments: { command: 'tr a-z A-Z < greet.txt' } } }] },
      { say: [{ call: { name: 'bash', arguments: { command: 'ls && rm greet.txt' } } }] },
      {
        expect: ({ messages }) => t.match(JSON.stringify(messages), /the command is refused: 'rm' is denied/),
        say: ['It says HELLO.'],
      },
    ]);
    const config = {
      tools: { text_editor: { handler: 'text_editor', working_directory: 'work' }, bash: { type: 'command', working_directory: 'work' } },
      agents: { developer: { tools: ['text_editor', 'bash'] } },
    };
    const hector = await startTestHector(t, { directory, config, extensions: { createLanguageModel: () => model } });
    const url = `${hector.url}/agents/developer`;
    const asked = await sendText(url, 'Greet loudly.');
    t.match(asked.status, { state: 'TASK_STATE_INPUT_REQUIRED', message: { parts: [{ text: /^Let text_editor create greet\.txt\?/ }] } });
    t.notOk(existsSync(path.join(directory, 'work/greet.txt')), 'not before somebody agreed');
    const edited = await sendText(url, 'approve', { taskId: asked.id });
    t.match(edited.status, {
      state: 'TASK_STATE_INPUT_REQUIRED',
      message: { parts: [{ text: /^Run this command in \.\?\ntr a-z A-Z < greet\.txt/ }] },
    });
    t.equal(readFileSync(path.join(directory, 'work/greet.txt'), 'utf8'), 'hello\n');
    const ran = await sendText(url, 'approve', { taskId: asked.id });
    t.match(ran.status, { state: 'TASK_STATE_INPUT_REQUIRED' });
    const done = await sendText(url, 'approve', { taskId: asked.id });
    t.equal(done.status.state, 'TASK_STATE_COMPLETED');
    t.match(results(done), [
      { tool_name: 'text_editor', content: /^Created 'greet\.txt' \(6 bytes\)/, is_error: false },
      { tool_name: 'bash', content: 'HELLO\n', is_error: false },
      { tool_name: 'bash', content: /the command is refused: 'rm' is denied/, is_error: true },
    ]);
    t.match(textOfParts(done.artifacts?.[0]?.parts ?? []), /It says HELLO\.$/);
    t.ok(existsSync(path.join(directory, 'work/greet.txt')));
  },
);

t.test(
  'a command whose worker is killed ends with it, is not repeated, and somebody is asked what became of it (R7, TOOL-34)',
  { timeout: 90_000 },
  async (t) => {
    const directory = await temporaryDirectory(t);
    await mkdir(path.join(directory, 'work'));
    const config = {
      tools: { sh: { type: 'command', working_directory: 'work', require_approval: false } },
      agents: { developer: { tools: ['sh'] } },
      queue: { lease_ms: 1_000 },
    };
    const front = await spawnHector(t, { directory, config, roles: ['front'] });
    const start = () => spawnHector(t, { directory, config, roles: ['agent', 'keeper'] });
    const first = await start();
    const url = `${front.url}/agents/developer`;
    const command = `: ${path.basename(directory)}; echo begun >> log.txt; while [ ! -e go ]; do sleep 0.05; done; echo ended >> log.txt`;
    const answer = sendText(url, `call sh ${JSON.stringify({ command })}`);
    const log = () => (existsSync(path.join(directory, 'work/log.txt')) ? readFileSync(path.join(directory, 'work/log.txt'), 'utf8') : '');
    await waitFor(() => log() === 'begun\n', 20_000);
    first.child.kill('SIGKILL');
    await first.exited;
    await start();
    const asked = await answer;
    t.equal(asked.status.state, 'TASK_STATE_INPUT_REQUIRED');
    const question = asked.status.message?.parts[1]?.data as JsonObject;
    t.match(question, {
      type: 'tool_outcome_request',
      tool_name: 'sh',
      arguments: { command, working_dir: '.' },
      options: ['done', 'retry', 'skip'],
    });
    // Whoever ends it is a process of its own, and takes what time the machine gives it.
    await waitFor(async () => (await pidsOf(command)).length === 0, 20_000);
    await writeFile(path.join(directory, 'work/go'), '');
    const outcome = { type: 'tool_outcome', tool_call_id: question['tool_call_id'], outcome: 'retry' };
    const done = await sendText(url, '', { taskId: asked.id, parts: [{ data: outcome }] });
    t.equal(done.status.state, 'TASK_STATE_COMPLETED');
    t.equal(log(), 'begun\nbegun\nended\n', 'run again only when somebody said so');
  },
);

t.test('a canceled task ends its command (TOOL-51, W-40)', { timeout: 60_000 }, async (t) => {
  const directory = await temporaryDirectory(t);
  const config = { tools: { sh: { type: 'command', require_approval: false } }, agents: { developer: { tools: ['sh'] } } };
  const hector = await startTestHector(t, { directory, config });
  const url = `${hector.url}/agents/developer`;
  const call = `call sh ${JSON.stringify({ command: 'echo $$ > pid; sleep 60' })}`;
  const { body } = await rpc(url, 'SendMessage', { message: userMessage(call), configuration: { returnImmediately: true } });
  const pidFile = path.join(directory, 'pid');
  await waitFor(() => existsSync(pidFile) && /^\d+\n$/.test(readFileSync(pidFile, 'utf8')));
  await rpc(url, 'CancelTask', { id: body.result?.task?.id });
  const pid = Number(readFileSync(pidFile, 'utf8'));
  await waitFor(() => !isAlive(pid));
  t.notOk(isAlive(pid));
});

t.test('config/tools.yaml runs without a key (TOOL-01, TOOL-19, TOOL-33)', { timeout: 60_000 }, async (t) => {
  const { source } = loadSettings({ file: 'config/tools.yaml', environment: {} });
  const { server: _, ...config } = JSON.parse(source) as JsonObject;
  const directory = await temporaryDirectory(t);
  await writeFile(path.join(directory, 'notes.txt'), 'one\ntwo\n');
  const hector = await startTestHector(t, { directory, config: config as JsonObject });
  const url = `${hector.url}/agents/developer`;
  const looked = await sendText(
    url,
    `call look {"command": "wc -l notes.txt"}\ncall grep_search {"pattern": "two"}\ncall todo_write {"todos": [{"id": "1", "content": "look", "status": "completed"}]}`,
  );
  t.equal(looked.status.state, 'TASK_STATE_COMPLETED');
  t.match(results(looked), [{ content: /2 notes\.txt/ }, { content: /notes\.txt:2:two/ }, { content: '[x] 1: look' }]);
  t.match((await sendText(url, 'call look {"command": "cat notes.txt"}')).artifacts?.[0], {
    parts: [{}, { data: { content: /'cat' is not in the list of allowed commands: ls, wc, du/ } }],
  });
  const asked = await sendText(url, 'call shell {"command": "cat notes.txt | tr a-z A-Z"}');
  t.equal(asked.status.state, 'TASK_STATE_INPUT_REQUIRED');
  t.match(results(await sendText(url, 'approve', { taskId: asked.id })), [{ content: 'ONE\nTWO\n' }]);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function pidsOf(command: string): Promise<readonly string[]> {
  const names = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  return names.filter((pid) => readCommandLine(pid).includes(command));
}

function readCommandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    // It has ended meanwhile.
    return '';
  }
}
