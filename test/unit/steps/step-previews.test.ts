import t from 'tap';
import { StepPreviews } from '../../../src/steps/step-previews.js';
import type { TaskDelta } from '../../../src/tasks/task-event.js';
import { taskRecord } from '../../support/llm-agent.js';
import { createSteeredClock } from '../../support/steered-clock.js';

t.test('artifacts that grow at once share a moment, a delta each, numbered without a gap (R9)', async (t) => {
  const clock = createSteeredClock();
  const sent: TaskDelta[] = [];
  const publisher = { publishEvents: async () => {}, publishDelta: async (delta: TaskDelta) => void sent.push(delta) };
  const previews = new StepPreviews(taskRecord(), publisher, clock);
  previews.add('response', 'a');
  t.same(
    sent.map(({ text }) => text),
    ['a'],
    'the first one waits for nothing',
  );
  for (let index = 0; index < 100; index++) {
    previews.add('tool:one', '1');
    previews.add('tool:two', '2');
  }
  t.equal(sent.length, 1);
  await clock.advance(10);
  t.same(
    sent.map(({ n, artifactId, text }) => [n, artifactId, text.length]),
    [
      [1, 'response', 1],
      [2, 'tool:one', 100],
      [3, 'tool:two', 100],
    ],
  );
  previews.add('tool:one', '1');
  previews.stop();
  await clock.advance(1_000);
  t.equal(sent.length, 3, 'what waits when the step commits is in the commit');
});
