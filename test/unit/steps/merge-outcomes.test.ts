import t from 'tap';
import type { StepOutcome } from '../../../src/agents/agent.js';
import { mergeOutcomes } from '../../../src/steps/merge-outcomes.js';
import type { TaskEventBody } from '../../../src/tasks/task-event.js';
import type { ToolCallWrite } from '../../../src/tasks/tool-call.js';
import { artifact } from '../../support/test-worker.js';

const NOTHING: StepOutcome = { type: 'continue', control: {}, messages: [], events: [] };

function message(id: string) {
  return { id, role: 'agent' as const, author: 'helper', parts: [], createdAt: 0 };
}

function call(callId: string): ToolCallWrite {
  return { callId, tool: 'search', effect: 'pure', argumentsHash: '', idempotencyKey: callId, status: 'done' };
}

function eventsOf(...events: (readonly TaskEventBody[])[]): readonly TaskEventBody[] {
  return events.map((each) => ({ ...NOTHING, events: each })).reduce<StepOutcome>(mergeOutcomes, NOTHING).events;
}

t.test('two iterations become one step: messages and calls of both, in order, control and end of the second (R2)', async (t) => {
  const first: StepOutcome = { ...NOTHING, control: { n: 1 }, messages: [message('a')], toolCalls: [call('1')] };
  const second: StepOutcome = { ...NOTHING, type: 'finished', control: { n: 2 }, messages: [message('b')], toolCalls: [call('2')] };
  t.match(mergeOutcomes(undefined, first), first);
  t.match(mergeOutcomes(first, second), {
    type: 'finished',
    control: { n: 2 },
    messages: [{ id: 'a' }, { id: 'b' }],
    toolCalls: [{ callId: '1' }, { callId: '2' }],
  });
});

t.test('an artifact that grows over iterations has one event, which appends if the first one did (R9)', async (t) => {
  const data = { data: { tool: 'search' } };
  t.same(
    eventsOf(
      [artifact([{ text: 'One, ' }, data], { append: true, lastChunk: false })],
      [artifact([{ text: 'two' }], { append: true, lastChunk: true })],
    ),
    [artifact([{ text: 'One, ' }, data, { text: 'two' }], { append: true, lastChunk: true })],
  );
  t.match(eventsOf([artifact([{ text: 'One' }], { append: false })], [artifact([{ text: ' more' }], { append: true })]), [
    { append: false, artifact: { parts: [{ text: 'One' }, { text: ' more' }] } },
  ]);
});

t.test('an artifact that starts anew leaves nothing of what was before', async (t) => {
  t.match(eventsOf([artifact([{ text: 'Wrong' }], { append: true })], [artifact([{ text: 'Right' }], { append: false })]), [
    { append: false, artifact: { parts: [{ text: 'Right' }] } },
  ]);
});

t.test('artifacts stay apart', async (t) => {
  const events = eventsOf(
    [artifact([{ text: 'a1' }], { artifactId: 'a' }), artifact([{ text: 'b1' }], { artifactId: 'b' })],
    [artifact([{ text: 'b2' }], { artifactId: 'b', append: true }), artifact([{ text: 'c1' }], { artifactId: 'c' })],
  );
  t.match(events, [
    { artifact: { artifactId: 'a', parts: [{ text: 'a1' }] } },
    { artifact: { artifactId: 'b', parts: [{ text: 'b1' }, { text: 'b2' }] } },
    { artifact: { artifactId: 'c', parts: [{ text: 'c1' }] } },
  ]);
});
