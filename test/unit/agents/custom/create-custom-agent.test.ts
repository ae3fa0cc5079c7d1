import t, { type Test } from 'tap';
import type { StepContext } from '../../../../src/agents/agent.js';
import { createCustomAgent } from '../../../../src/agents/custom/create-custom-agent.js';
import type { AgentHandler } from '../../../../src/agents/custom/handler.js';
import { withoutDecisions } from '../../../../src/agents/llm/prepare-history.js';
import { systemClock } from '../../../../src/base/clock.js';
import { AppError } from '../../../../src/base/errors.js';
import { silentLogger } from '../../../../src/observe/log.js';
import type { TaskEvent } from '../../../../src/tasks/task-event.js';
import type { ToolCallWrite } from '../../../../src/tasks/tool-call.js';
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
  const messageId = run.say('retry');
  t.match(await step(), { type: 'continue', durable: true, toolCalls: [{ status: 'approved', decision: { messageId } }] });
  t.match(await step(), { type: 'finished' });
  t.match([...run.ledger.rows.values()], [{ status: 'done', decision: { messageId } }], 'who decided stays with the result');
  t.same(run.parts, [{ text: 'not to be seenpaid' }]);
  t.equal(ran, 2);
});

t.test('what a person says came of an effect is bounded as any result is (R7)', async (t) => {
  const { run, step, crash, endTurn } = setUp(t, async ({ call }) => {
    const text = await call('pay', 'once', () => new Promise<string>(() => {}));
    return `${text.length} characters`;
  });
  const dying = crash();
  while (run.ledger.writes.length === 0) await new Promise((resolve) => setImmediate(resolve));
  endTurn();
  dying.catch(() => {});
  await step();
  endTurn();
  const [question] = run.questions;
  const result = 'x'.repeat(2 * 1024 * 1024);
  run.say({ type: 'tool_outcome', tool_call_id: question?.['tool_call_id'] as string, outcome: 'done', result });
  t.match(await step(), { type: 'continue' });
  t.match(await step(), { type: 'finished' });
  const [row] = [...run.ledger.rows.values()];
  t.match(row?.result?.content, /x\.\.\. \[TRUNCATED by server: 2097152 bytes exceeded server\.limits\.max_tool_bytes\]$/);
  t.equal(row?.result?.data, row?.result?.content);
});

t.test('a once effect that was lost is asked about also when it is called under another effect by now (R7)', async (t) => {
  let ran = 0;
  const { run, step, crash, endTurn } = setUp(t, async function* ({ call }) {
    ran += 1;
    const effect = ran === 1 ? 'once' : 'idempotent';
    yield await call('pay', effect, ({ signal }) =>
      ran === 1 ? new Promise<string>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))) : 'paid twice',
    );
  });
  const dying = crash();
  while (run.ledger.writes.length === 0) await new Promise((resolve) => setImmediate(resolve));
  endTurn();
  dying.catch(() => {});
  t.match(await step(), { type: 'wait', state: 'TASK_STATE_INPUT_REQUIRED' });
  t.match(run.questions, [{ type: 'tool_outcome_request', tool_name: 'pay' }]);
});

t.test('what only decides about an effect is hidden from models, and is durable with the decision (R7)', async (t) => {
  const { run, step, crash, endTurn } = setUp(t, async ({ call }) => await call('pay', 'once', () => new Promise<string>(() => {})));
  crash().catch(() => {});
  while (run.ledger.writes.length === 0) await new Promise((resolve) => setImmediate(resolve));
  endTurn();
  await step();
  endTurn();
  const vague = run.say('approve');
  t.match(await step(), { type: 'wait', messages: [{ role: 'tool', parts: [], consumes: [vague] }] });
  t.match(run.questionText, /waits for a tool_outcome/);
  endTurn();
  const decision = run.say('done');
  const crashed = await crash();
  t.match(crashed, { messages: [{ role: 'tool', parts: [], consumes: [decision] }], toolCalls: [{ status: 'done' }] });
  t.match(Object.values(run.ledger.statuses()), ['unknown'], 'nothing of it before the commit');
  endTurn();
  await step();
  t.match(await step(), { type: 'finished' });
  const ids = withoutDecisions(run.history).flatMap(({ id, role }) => (role === 'user' ? [id] : []));
  t.same(ids, ['m-1']);
});

t.test('more than server.limits.max_tool_bytes from an effect is a settled error, and the effect is never repeated (R7)', async (t) => {
  let ran = 0;
  const huge = 'x'.repeat(2 * 1024 * 1024);
  const { run, step, endTurn } = setUp(t, async ({ call }) => {
    const failures: string[] = [];
    const note = (error: Error) => void failures.push(error.message);
    await call('export', 'once', () => {
      ran += 1;
      return huge;
    }).catch(note);
    await call('fail', 'once', () => {
      ran += 1;
      throw new Error(huge);
    }).catch(note);
    return failures.map((text) => text.slice(0, 300)).join('\n');
  });
  await step();
  const why = /the effect 'export' ran and returned 2097154 bytes as JSON; server\.limits\.max_tool_bytes allows 1048576/;
  t.match(run.parts, [{ text: why }]);
  const [data, text] = [...run.ledger.rows.values()];
  t.match(data, { status: 'done', result: { isError: true, content: why } });
  t.match(text, { status: 'done', result: { isError: true, content: /TRUNCATED by server/ } });
  t.ok(Buffer.byteLength(JSON.stringify(text?.result)) < 1024 * 1024 + 500);
  endTurn();
  run.control = {};
  await step();
  t.match(run.parts, [{ text: why }], 'what it reads the second time');
  t.equal(ran, 2);
});

t.test('the result of an effect is kept when the step is aborted and the database is away for a moment (R7)', async (t) => {
  let finish = () => {};
  const { run, crash, endTurn } = setUp(t, async ({ call }) => {
    const wait = new Promise<string>((resolve) => {
      finish = () => resolve('paid');
    });
    return await call('pay', 'once', () => wait);
  });
  const aborted = new AbortController();
  const { ledger } = run;
  let refused = 0;
  const kept = new Promise<void>((resolve) => {
    const record = async (rows: readonly ToolCallWrite[]) => {
      if (rows.some(({ status }) => status === 'done') && refused++ < 2) throw new AppError('OVERLOADED');
      await ledger.record(rows);
      if (rows.some(({ status }) => status === 'done')) resolve();
    };
    crash({ signal: aborted.signal, ledger: { ...ledger, record } }).catch(() => {});
  });
  while (ledger.writes.length === 0) await new Promise((resolve) => setImmediate(resolve));
  aborted.abort();
  endTurn();
  finish();
  await kept;
  t.match([...ledger.rows.values()], [{ status: 'done', result: { data: 'paid' } }]);
});

t.test('a handler cannot write the status metadata that Hector reads, and is told which key it was', async (t) => {
  for (const type of ['status', 'completed', 'failed', 'input-required'] as const) {
    const { step } = setUp(t, async () => ({ type, text: 'x', metadata: { mine: 1, 'hector:escalate': 'enough' } }));
    await t.rejects(step(), { code: 'AGENT_RESPONSE_INVALID', message: /metadata must not have the key 'hector:escalate'/ });
  }
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
    crash: (more: Partial<StepContext> = {}) => run.crash(agent, { ...change(), ...more }),
    endTurn: () => {
      turn.abort();
      turn = new AbortController();
    },
  };
}
