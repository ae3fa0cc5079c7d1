/** Agents in code whose processes die, drain, or do not have the code (AGT-70, R2, R7). */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import t, { type Test } from 'tap';
import { rpc, sendText, userMessage } from '../support/a2a-client.js';
import { waitFor } from '../support/coordination-steps.js';
import { type HectorProgram, type ProgramOptions, spawnHector, temporaryDirectory } from '../support/start-hector.js';

const PROGRAM = fileURLToPath(new URL('../support/code-agents-program.js', import.meta.url));
const CONFIG = {
  agents: { booking: { type: 'custom' }, survey: { type: 'custom' }, stubborn: { type: 'custom' } },
  queue: { lease_ms: 1_000 },
  server: { shutdown_timeout_ms: 6_000 },
};

t.test(
  'a once effect is carried out once although its worker dies right behind it, and no output twice (R2, R7)',
  { timeout: 60_000 },
  async (t) => {
    const { front, start } = await setUp(t);
    const first = await start({ HECTOR_FAULT_POINTS: 'tool.after-result=kill' });
    const answer = sendText(`${front.url}/agents/booking`, 'Book it');
    t.equal(await first.exited, 'SIGKILL');
    const second = await start();
    const task = await answer;
    t.equal(task.status.state, 'TASK_STATE_COMPLETED');
    t.same(
      task.artifacts?.map(({ artifactId, parts }) => [artifactId, parts]),
      [
        ['plan', [{ text: 'the plan' }]],
        ['ticket', [{ data: { booked: 64 } }]],
        ['response', [{ text: 'all done' }]],
      ],
    );
    t.equal(count(first, 'effect book') + count(second, 'effect book'), 1);
    t.same([count(first, 'call booking'), count(second, 'call booking')], [1, 1], 'the handler was called again from its last commit');
  },
);

for (const { outcome, effects, state } of [
  { outcome: 'retry', effects: 2, state: 'TASK_STATE_COMPLETED' },
  { outcome: 'skip', effects: 1, state: 'TASK_STATE_FAILED' },
] as const) {
  t.test(`a once effect whose result was lost is asked about, and ${outcome} is obeyed (R7)`, { timeout: 60_000 }, async (t) => {
    const { front, start } = await setUp(t);
    const first = await start({ HECTOR_FAULT_POINTS: 'tool.after-call=kill' });
    const answer = sendText(`${front.url}/agents/booking`, 'Book it');
    await first.exited;
    const second = await start();
    const asked = await answer;
    t.equal(asked.status.state, 'TASK_STATE_INPUT_REQUIRED');
    const question = asked.status.message?.parts[1]?.data as { tool_call_id: string };
    t.match(question, { type: 'tool_outcome_request', tool_name: 'book', attempt: 1, options: ['done', 'retry', 'skip'] });
    t.equal(count(second, 'effect book'), 0, 'it was not repeated by itself');
    const unclear = await sendText(`${front.url}/agents/booking`, 'What?', { taskId: asked.id });
    t.match(unclear.status, { state: 'TASK_STATE_INPUT_REQUIRED', message: { parts: [{ text: /^The message decides nothing/ }] } });
    const decision = { type: 'tool_outcome', tool_call_id: question.tool_call_id, outcome };
    const ended = await sendText(`${front.url}/agents/booking`, '', { taskId: asked.id, parts: [{ data: decision }] });
    t.equal(ended.status.state, state);
    t.equal(count(first, 'effect book') + count(second, 'effect book'), effects);
  });
}

t.test('questions and their answers outlive the workers that asked (M7, R2)', { timeout: 60_000 }, async (t) => {
  const { front, start } = await setUp(t);
  const survey = `${front.url}/agents/survey`;
  const first = await start();
  const asked = await sendText(survey, 'Hello');
  t.match(asked, {
    status: { state: 'TASK_STATE_INPUT_REQUIRED', message: { parts: [{ text: 'Your name?' }] } },
    metadata: { field: 'name' },
  });
  await kill(first);
  const second = await start();
  const again = await sendText(survey, 'Ada', { taskId: asked.id });
  t.match(again.status, { state: 'TASK_STATE_INPUT_REQUIRED', message: { parts: [{ text: 'And your town, Ada?' }] } });
  await kill(second);
  await start();
  const ended = await sendText(survey, 'London', { taskId: asked.id });
  t.equal(ended.status.state, 'TASK_STATE_COMPLETED');
  t.same(ended.artifacts?.[0]?.parts[0]?.text, 'Ada of London');
});

t.test(
  'a handler that never ends keeps no process: it is let go within the budget, and another one has the run',
  { timeout: 60_000 },
  async (t) => {
    const { front, start } = await setUp(t);
    const first = await start();
    const { body } = await rpc(`${front.url}/agents/stubborn`, 'SendMessage', {
      message: userMessage('x'),
      configuration: { returnImmediately: true },
    });
    await waitFor(() => count(first, 'call stubborn') === 1);
    const second = await start();
    first.child.kill('SIGTERM');
    t.equal(await first.exited, 0);
    await waitFor(() => count(second, 'call stubborn') === 1, 20_000);
    await rpc(`${front.url}/agents/stubborn`, 'CancelTask', { id: body.result?.task?.id });
  },
);

t.test(
  'a process without the handler gives its runs back, says what to do, and uses up none of their takes',
  { timeout: 60_000 },
  async (t) => {
    const { front, start, directory } = await setUp(t);
    const without = await start({ WITHOUT_HANDLERS: '1' });
    const answer = sendText(`${front.url}/agents/survey`, 'Hello');
    const complaint = /agents\.survey: this process has no handler 'survey'; start it from the program that registers 'survey'/g;
    await waitFor(() => (without.output().match(complaint)?.length ?? 0) >= 3, 30_000);
    const database = new Database(path.join(directory, '.hector', 'hector.db'), { readonly: true });
    const read = () => database.prepare('select takes, epoch from tasks').get() as { takes: number; epoch: number };
    await waitFor(() => read().epoch >= 3, 30_000);
    const { takes, epoch } = read();
    database.close();
    t.ok(takes <= 1, `${takes} takes count after ${epoch} that were given back`);
    await start();
    t.equal((await answer).status.state, 'TASK_STATE_INPUT_REQUIRED');
  },
);

async function setUp(t: Test) {
  const directory = await temporaryDirectory(t);
  const shared: ProgramOptions = { directory, config: CONFIG, program: PROGRAM };
  const front = await spawnHector(t, { ...shared, roles: ['front'] });
  const start = (environment: Record<string, string> = {}) => spawnHector(t, { ...shared, roles: ['agent', 'keeper'], environment });
  return { directory, front, start };
}

async function kill({ child, exited }: HectorProgram): Promise<void> {
  child.kill('SIGKILL');
  await exited;
}

function count(program: HectorProgram, line: string): number {
  return program
    .output()
    .split('\n')
    .filter((one) => one === line).length;
}
