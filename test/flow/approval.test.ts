/** People decide about tool calls through the front door: over restarts, on any instance, each call by itself (TOOL-60…65, R7). */
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import type { JsonObject } from '../../src/base/json.js';
import { loadSettings } from '../../src/config/load-settings.js';
import { rpc, sendText, streamFrames, textOfParts, userMessage, type WirePart, type WireTask } from '../support/a2a-client.js';
import { waitFor } from '../support/coordination-steps.js';
import { type HectorProgram, spawnHector, temporaryDirectory } from '../support/start-hector.js';

const PROGRAM = fileURLToPath(new URL('../fixtures/paying-hector.js', import.meta.url));
const CONFIG = {
  tools: { pay: { type: 'function', handler: 'charge', approval_prompt: 'Charge {cents} {currency} to {account}?' } },
  agents: { clerk: { tools: ['pay', 'request_approval'] } },
};

interface Shop {
  readonly directory: string;
  start(config?: JsonObject): Promise<HectorProgram>;
  /** What was really charged. */
  payments(): Promise<readonly Record<string, unknown>[]>;
  hold(isHeld: boolean): Promise<void>;
}

async function openShop(t: Test): Promise<Shop> {
  const directory = await temporaryDirectory(t);
  const file = path.join(directory, 'payments');
  await writeFile(file, '');
  return {
    directory,
    start: (config = CONFIG) => spawnHector(t, { directory, config, program: PROGRAM, environment: { PAYMENTS: file } }),
    payments: async () => (await readFile(file, 'utf8')).split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)])),
    hold: (isHeld) => (isHeld ? writeFile(`${file}.hold`, '') : rm(`${file}.hold`)),
  };
}

type Data = Record<string, unknown>;

function dataOf(parts: readonly WirePart[] = []): readonly Data[] {
  return parts.flatMap(({ data }) => (data === undefined ? [] : [data as Data]));
}

const agentOf = ({ url }: HectorProgram) => `${url}/agents/clerk`;
const pay = (account: string, cents: number) => `call pay ${JSON.stringify({ account, cents })}`;

/** The task after a message to it, with text and values of data parts. */
async function answer(hector: HectorProgram, task: WireTask, ...parts: readonly (string | Data)[]): Promise<WireTask> {
  const wire = parts.map((part) => (typeof part === 'string' ? { text: part } : { data: part }));
  const { body } = await rpc(agentOf(hector), 'SendMessage', { message: userMessage('', { taskId: task.id, parts: wire }) });
  if (body.result?.task === undefined) throw new Error(JSON.stringify(body));
  return body.result.task;
}

t.test(
  'a call waits with its evidence, survives the death of its server, is approved on another instance and runs once (TOOL-65, CHK-10)',
  { timeout: 90_000 },
  async (t) => {
    const shop = await openShop(t);
    const first = await shop.start();
    const asked = await sendText(agentOf(first), pay('Ada', 500));
    t.equal(asked.status.state, 'TASK_STATE_INPUT_REQUIRED');
    t.match(
      asked.status.message?.parts[0]?.text,
      /^Charge 500 EUR to Ada\?\npay \{"account":"Ada","cents":500,"currency":"EUR"\}\nAnswer approve or deny\.$/,
    );
    const [question] = dataOf(asked.status.message?.parts);
    t.match(question, {
      type: 'tool_approval_request',
      tool_call_id: String,
      tool_name: 'pay',
      arguments: { account: 'Ada', cents: 500, currency: 'EUR' },
      arguments_hash: /^[0-9a-f]{64}$/,
      prompt: /^Charge 500 EUR to Ada\?/,
      expires_at: /^\d{4}-\d\d-\d\dT.*Z$/,
    });
    t.match((asked as { metadata?: Data }).metadata, {
      input_required: true,
      long_running_tool_ids: [question?.['tool_call_id']],
      input_prompt: asked.status.message?.parts[0]?.text,
    });

    first.child.kill('SIGKILL');
    await first.exited;
    const second = await shop.start();
    const done = await answer(second, asked, {
      type: 'tool_approval',
      decision: 'approve',
      tool_call_id: question?.['tool_call_id'],
      arguments_hash: question?.['arguments_hash'],
    });
    t.equal(done.status.state, 'TASK_STATE_COMPLETED');
    t.match(await shop.payments(), [{ account: 'Ada', cents: 500, currency: 'EUR', idempotencyKey: /^[0-9a-f]{64}$/ }]);
    t.equal((await shop.payments()).length, 1);
    t.match(dataOf(done.artifacts?.[0]?.parts), [
      { type: 'tool_use', id: question?.['tool_call_id'], name: 'pay', arguments: { account: 'Ada', cents: 500 } },
      {
        type: 'tool_result',
        tool_call_id: question?.['tool_call_id'],
        tool_name: 'pay',
        content: 'charged 500 EUR to Ada',
        is_error: false,
        requires_approval: true,
      },
    ]);
    t.equal(textOfParts(done.artifacts?.[0]?.parts ?? []), 'pay returned: charged 500 EUR to Ada');
    t.notMatch((done as { metadata?: Data }).metadata, { input_required: true }, 'what said that it waits is gone with the wait');
  },
);

t.test(
  'deny, words, wrong hashes and separate decisions, as a client sees them (TOOL-61, TOOL-62, W-30)',
  { timeout: 90_000 },
  async (t) => {
    const shop = await openShop(t);
    const hector = await shop.start();

    await t.test('deny: nothing runs and the model reads why', async (t) => {
      const asked = await sendText(agentOf(hector), pay('Eve', 1));
      const [question] = dataOf(asked.status.message?.parts);
      const done = await answer(hector, asked, {
        type: 'tool_approval',
        decision: 'deny',
        tool_call_id: question?.['tool_call_id'],
        reason: 'no',
      });
      t.equal(done.status.state, 'TASK_STATE_COMPLETED');
      t.equal(textOfParts(done.artifacts?.[0]?.parts ?? []), 'pay failed: TOOL_EXECUTION_DENIED: no');
      t.same(await shop.payments(), []);
    });

    await t.test('a hash of other arguments, a tool’s name and idle talk decide nothing; then the word approve does', async (t) => {
      const asked = await sendText(agentOf(hector), pay('Bob', 2));
      const [question] = dataOf(asked.status.message?.parts);
      const callId = question?.['tool_call_id'];
      const wrong = await answer(hector, asked, {
        type: 'tool_approval',
        decision: 'approve',
        tool_call_id: callId,
        arguments_hash: '0'.repeat(64),
      });
      t.equal(wrong.status.state, 'TASK_STATE_INPUT_REQUIRED');
      t.match(wrong.status.message?.parts[0]?.text, /arguments_hash .* is not that of its arguments/);
      const named = await answer(hector, asked, { type: 'tool_approval', decision: 'approve', tool_name: 'pay' });
      t.equal(named.status.state, 'TASK_STATE_INPUT_REQUIRED');
      const idle = await answer(hector, asked, 'what would it do?');
      t.match(idle.status.message?.parts[0]?.text, /^The message decides nothing/);
      t.match(dataOf(idle.status.message?.parts), [{ tool_call_id: callId, arguments_hash: question?.['arguments_hash'] }]);
      t.same(await shop.payments(), []);
      const done = await answer(hector, asked, 'Approve');
      t.equal(done.status.state, 'TASK_STATE_COMPLETED');
      t.same(
        (await shop.payments()).map(({ account }) => account),
        ['Bob'],
      );
    });

    await t.test('two calls of one tool are decided one by one; the first runs while the other waits', async (t) => {
      const asked = await sendText(agentOf(hector), `${pay('Cy', 3)}\n${pay('Di', 4)}`);
      const [cy, di] = dataOf(asked.status.message?.parts);
      const word = await answer(hector, asked, 'approve');
      t.match(word.status.message?.parts[0]?.text, /2 calls wait, so 'approve' alone is not enough/);
      const half = await answer(hector, asked, { type: 'tool_approval', decision: 'approve', tool_call_id: di?.['tool_call_id'] });
      t.equal(half.status.state, 'TASK_STATE_INPUT_REQUIRED');
      t.same(
        dataOf(half.status.message?.parts).map((part) => part['tool_call_id']),
        [cy?.['tool_call_id']],
      );
      t.same(
        (await shop.payments()).map(({ account }) => account),
        ['Bob', 'Di'],
      );
      const other = await sendText(agentOf(hector), 'call request_approval {"action":"approve"}', { contextId: asked.contextId });
      t.equal(other.status.state, 'TASK_STATE_INPUT_REQUIRED', 'another run of the context is not held up, and decides nothing here');
      const done = await answer(hector, asked, 'deny');
      t.equal(done.status.state, 'TASK_STATE_COMPLETED');
      t.equal((await shop.payments()).length, 2);
      const approved = await answer(hector, other, 'approved');
      t.match(textOfParts(approved.artifacts?.[0]?.parts ?? []), 'request_approval returned: Approved by a person: approve');
    });
  },
);

t.test(
  'a server that dies in a call that must not be repeated: the next one asks what became of it, and does as it is told (R7)',
  { timeout: 90_000 },
  async (t) => {
    const shop = await openShop(t);
    const config = { ...CONFIG, tools: { pay: { ...CONFIG.tools.pay, require_approval: false } } };
    await shop.hold(true);
    const first = await shop.start(config);
    const begun = rpc(agentOf(first), 'SendMessage', { message: userMessage(pay('Flo', 9)), configuration: { returnImmediately: true } });
    const task = (await begun).body.result?.task as WireTask;
    await waitFor(async () => (await shop.payments()).length === 1);
    first.child.kill('SIGKILL');
    await first.exited;
    await shop.hold(false);

    const second = await shop.start(config);
    const asked = await untilState(second, task, 'TASK_STATE_INPUT_REQUIRED');
    const [question] = dataOf(asked.status.message?.parts);
    t.match(question, {
      type: 'tool_outcome_request',
      tool_name: 'pay',
      arguments: { account: 'Flo', cents: 9, currency: 'EUR' },
      idempotency_key: (await shop.payments())[0]?.['idempotencyKey'],
      started_at: /Z$/,
      attempt: 1,
      options: ['done', 'retry', 'skip'],
    });
    t.equal((await shop.payments()).length, 1, 'it was not charged again');
    const done = await answer(second, asked, {
      type: 'tool_outcome',
      outcome: 'done',
      tool_call_id: question?.['tool_call_id'],
      arguments_hash: question?.['arguments_hash'],
      result: 'receipt 12',
    });
    t.equal(textOfParts(done.artifacts?.[0]?.parts ?? []), 'pay returned: receipt 12');
    t.equal((await shop.payments()).length, 1);
  },
);

t.test('config/approval.yaml shows it without a key', { timeout: 60_000 }, async (t) => {
  const { source } = loadSettings({ file: 'config/approval.yaml', environment: {} });
  const { server: _, ...config } = JSON.parse(source) as Data;
  const directory = await temporaryDirectory(t);
  const hector = await spawnHector(t, { directory, config: config as JsonObject });
  const asked = await sendText(agentOf(hector), 'call request_approval {"action":"refund order 17","reason":"it arrived broken"}');
  t.match(asked.status.message?.parts[0]?.text, /^The clerk asks: refund order 17\nReason: it arrived broken/);
  const done = await answer(hector, asked, 'approve');
  t.match(textOfParts(done.artifacts?.[0]?.parts ?? []), /Approved by a person: refund order 17/);
});

async function untilState(hector: HectorProgram, { id }: WireTask, state: string): Promise<WireTask> {
  for (;;) {
    const { body } = await rpc(agentOf(hector), 'GetTask', { id });
    if (body.result?.status?.state === state) return body.result as WireTask;
    for await (const { result } of streamFrames(agentOf(hector), 'SubscribeToTask', { id }))
      if ((result.statusUpdate ?? result.task)?.status.state === state) break;
  }
}
