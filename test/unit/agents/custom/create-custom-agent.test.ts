import t, { type Test } from 'tap';
import { createCustomAgent } from '../../../../src/agents/custom/create-custom-agent.js';
import type { AgentHandler } from '../../../../src/agents/custom/handler.js';
import { systemClock } from '../../../../src/base/clock.js';
import { silentLogger } from '../../../../src/observe/log.js';
import type { TaskEvent } from '../../../../src/tasks/task-event.js';
import { TestRun } from '../../../support/test-run.js';

const MESSAGE = { messageId: 'm-1', role: 'ROLE_USER', parts: [{ text: 'Go' }] } as const;

t.test('each output but text is a step of its own, and the handler goes on only when it is committed (R2)', async (t) => {
  const reached: string[] = [];
  const { run, step } = setUp(t, async function* () {
    yield 'a';
    yield 'b';
    yield { type: 'status', text: 'one' };
    reached.push('behind one');
    yield 'c';
  });
  const first = await step();
  t.match(first, { type: 'continue', durable: true, staysHere: true });
  t.same(
    first.events.map(({ type }) => type),
    ['artifact.updated', 'status.changed'],
    'text comes before what commits it',
  );
  t.same(reached, [], 'not before the commit');
  t.match(await step(), { type: 'finished' });
  t.same(run.parts, [{ text: 'ab' }, { text: 'c' }]);
  t.match(first.events[0], { append: false, lastChunk: false });
  t.match(run.last.events[0], { append: true, lastChunk: true });
});

t.test('another turn calls the handler anew, with the state of the last commit; the end of a turn aborts its signal', async (t) => {
  const calls: unknown[] = [];
  const signals: AbortSignal[] = [];
  let cleanedUp = 0;
  const { step, endTurn } = setUp(t, async function* ({ state, signal }) {
    calls.push(structuredClone(state));
    signals.push(signal);
    try {
      for (let page = Number(state['page'] ?? 0); page < 3; page += 1) {
        state['page'] = page + 1;
        yield { type: 'status', text: `page ${page}` };
        state['page'] = 'never committed';
      }
    } finally {
      cleanedUp += 1;
    }
  });
  await step();
  await step();
  endTurn();
  t.equal(signals[0]?.aborted, true);
  t.match(await step(), { events: [{ status: { message: { parts: [{ text: 'page 2' }] } } }] });
  t.same(calls, [{}, { page: 2 }]);
  t.equal(cleanedUp, 1, 'the first call ended where it stood');
});

t.test('a commit waits for the effects under way, and one that begins behind it belongs to the next step (R7)', async (t) => {
  let finish = () => {};
  const { run, step } = setUp(t, async function* ({ call }) {
    const first = call(
      'first',
      'once',
      () =>
        new Promise<string>((resolve) => {
          finish = () => resolve('done');
        }),
    );
    yield { type: 'status', text: 'while it runs' };
    yield await first;
  });
  const committed = step();
  while (run.ledger.writes.length === 0) await new Promise((resolve) => setImmediate(resolve));
  t.same(Object.values(run.ledger.statuses()), ['intended']);
  await new Promise((resolve) => setImmediate(resolve));
  finish();
  t.equal((await committed).type, 'continue');
  t.same(Object.values(run.ledger.statuses()), ['done'], 'its result was there before the commit');
  await step();
  t.same(run.parts, [{ text: 'done' }]);
});

t.test('a lost once effect ends the step in a question, and what the call had not committed is not told (R7)', async (t) => {
  let ran = 0;
  const { run, step, crash, endTurn } = setUp(t, async function* ({ call }) {
    yield 'not to be seen';
    yield await call('pay', 'once', async ({ signal }) => {
      ran += 1;
      return ran === 1 ? await new Promise<string>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))) : 'paid';
    });
  });
  const dying = crash();
  while (run.ledger.writes.length === 0) await new Promise((resolve) => setImmediate(resolve));
  endTurn();
  dying.catch(() => {});
  const asked = await step();
  t.match(asked, { type: 'wait', state: 'TASK_STATE_INPUT_REQUIRED', events: [] });
  t.match(run.questions, [{ type: 'tool_outcome_request', tool_name: 'pay', attempt: 1 }]);
  endTurn();
  run.say('retry');
  t.match(await step(), { type: 'finished' });
  t.same(run.parts, [{ text: 'not to be seenpaid' }]);
  t.equal(ran, 2);
});

t.test('wrong arguments of call() are refused by name', async (t) => {
  const { step } = setUp(t, async ({ call }) => {
    const wrong = [() => call('', 'once', () => 1), () => call('a', 'twice' as never, () => 1), () => call('a', 'once', 1 as never)];
    return wrong
      .map((run) => {
        try {
          void run();
          return 'taken';
        } catch (error) {
          return (error as Error).message.split(': ').slice(1).join(': ');
        }
      })
      .join('\n');
  });
  const { events } = await step();
  t.match(events[0], {
    artifact: {
      parts: [
        {
          text: [
            'call(): the name must be a text of 1 to 200 characters',
            "call('a'): the effect must be pure, idempotent or once, not twice",
            "call('a'): the third argument must be a function",
          ].join('\n'),
        },
      ],
    },
  });
});

function setUp(t: Test, handler: AgentHandler) {
  const agent = createCustomAgent({
    name: 'helper',
    settings: { directMessages: false },
    handler,
    approvalExpiresAfterMs: 0,
    maxToolBytes: 1024 * 1024,
    clock: systemClock,
    log: silentLogger,
  });
  const run = new TestRun([{ id: 'm-1', role: 'user', author: 'user', parts: [{ type: 'text', text: 'Go' }], createdAt: 1 }]);
  const created: TaskEvent = { type: 'task.created', message: MESSAGE, taskId: 'task-1', contextId: 'context-1', seq: 1, epoch: 0, at: 1 };
  let turn = new AbortController();
  t.teardown(() => turn.abort());
  const change = () => ({ turn: turn.signal, readEvents: async () => [created] });
  return {
    run,
    step: () => run.step(agent, change()),
    crash: () => run.crash(agent, change()),
    endTurn: () => {
      turn.abort();
      turn = new AbortController();
    },
  };
}
