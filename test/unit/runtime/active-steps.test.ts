import t from 'tap';
import { ActiveSteps } from '../../../src/runtime/active-steps.js';

t.test('a snapshot is let go of only when no turn could need it any more, also between two steps (R12)', async (t) => {
  const steps = new ActiveSteps();
  const turn = new AbortController();
  const agent = steps.count({ name: 'a', runStep: async () => ({ type: 'continue', control: {}, messages: [], events: [] }) });
  steps.hold(turn.signal);
  let isOver = false;
  const ended = steps.ended().then(() => {
    isOver = true;
  });
  for (let step = 0; step < 2; step++) await agent.runStep({} as never, {} as never);
  await new Promise((resolve) => setImmediate(resolve));
  t.notOk(isOver, 'both steps are over, and a third may follow');
  turn.abort();
  await ended;
  t.ok(isOver);
  steps.hold(turn.signal);
  await steps.ended();
});
