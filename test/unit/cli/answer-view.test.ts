import t from 'tap';
import { AnswerView } from '../../../src/cli/answer-view.js';
import type { Part, StreamResponse, TaskState } from '../../../src/protocol/a2a.js';
import { recordedTerminal } from '../../support/recorded-terminal.js';

const artifact = (text: string, append: boolean, artifactId = 'a', more: readonly Part[] = []): StreamResponse => ({
  artifactUpdate: { taskId: 't', contextId: 'c', artifact: { artifactId, parts: [{ text }, ...more] }, append },
});
const status = (state: TaskState, text = ''): StreamResponse => ({
  statusUpdate: {
    taskId: 't',
    contextId: 'c',
    status: { state, ...(text === '' ? {} : { message: { messageId: 'm', role: 'ROLE_AGENT', parts: [{ text }] } }) },
  },
});

function show(events: readonly StreamResponse[]) {
  const terminal = recordedTerminal();
  const view = new AnswerView(terminal);
  for (const event of events) view.handle(event);
  view.finish();
  return { view, output: terminal.output() };
}

t.test('text is printed as it grows (T11)', async (t) => {
  const terminal = recordedTerminal();
  const view = new AnswerView(terminal);
  view.handle(artifact('The ', false));
  t.equal(terminal.output(), 'The ');
  view.handle(artifact('answer', true));
  t.equal(terminal.output(), 'The answer');
  view.finish();
  t.equal(terminal.output(), 'The answer\n');
});

t.test('a commit that repeats the preview prints nothing twice (R9)', async (t) => {
  const { view, output } = show([
    artifact('The ', false),
    artifact('answer', true),
    artifact('The answer', false),
    status('TASK_STATE_COMPLETED'),
  ]);
  t.equal(output, 'The answer\n');
  t.equal(view.text, 'The answer');
});

t.test('a takeover that answers otherwise is printed whole below (R9)', async (t) => {
  const { view, output } = show([artifact('The cat', false), artifact('The ', false), artifact('dog', true)]);
  t.equal(output, 'The cat\nThe dog\n');
  t.equal(view.text, 'The dog');
});

t.test('a snapshot after a reconnect goes on where the screen stands', async (t) => {
  const task: StreamResponse = {
    task: {
      id: 't',
      contextId: 'c',
      status: { state: 'TASK_STATE_WORKING' },
      artifacts: [{ artifactId: 'a', parts: [{ text: 'The answer' }] }],
    },
  };
  t.equal(show([artifact('The ', false), task, artifact(' is 42', true)]).output, 'The answer is 42\n');
});

t.test('two artifacts stand on lines of their own; a message and a note are printed', async (t) => {
  t.equal(show([artifact('one', false, 'a'), artifact('two', false, 'b')]).output, 'one\ntwo\n');
  t.equal(show([{ message: { messageId: 'm', role: 'ROLE_AGENT', parts: [{ text: 'hi' }] } }]).output, 'hi\n');
  t.equal(show([status('TASK_STATE_INPUT_REQUIRED', 'Which one?')]).output, 'Which one?\n');
  t.equal(show([artifact('same', false), status('TASK_STATE_COMPLETED', 'same')]).output, 'same\n');
});

t.test('sources come at the end, each once', async (t) => {
  const hit = { store: 's', sourcePath: 'refunds.md', title: 'Refund rules', content: 'x', startLine: 1 };
  const { output } = show([
    artifact('Full refund.', false, 'a', [{ data: { sources: [hit, { ...hit, startLine: 9 }, { sourcePath: 'fares.html', title: '' }] } }]),
  ]);
  t.equal(output, 'Full refund.\n\nPassages given to the agent:\n  1. Refund rules (refunds.md)\n  2. fares.html\n');
  const own = show([artifact('Full refund.\n\n**Sources:** refunds.md', false, 'a', [{ data: { sources: [hit] } }])]);
  t.equal(own.output, 'Full refund.\n\n**Sources:** refunds.md\n', 'not repeated where the agent lists them itself');
});
