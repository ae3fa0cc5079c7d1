/** A webhook that is told what waits for an approval, over a real socket (CFG-85, TOOL-60, TOOL-63). */
import { createHmac } from 'node:crypto';
import t, { type Test } from 'tap';
import type { AppError } from '../../src/base/errors.js';
import type { JsonObject } from '../../src/base/json.js';
import { loadSettings } from '../../src/config/load-settings.js';
import type { Logger } from '../../src/observe/log.js';
import type { Tool } from '../../src/providers/tools/contract.js';
import { rpc, sendText, userMessage, type WireTask } from '../support/a2a-client.js';
import { waitFor } from '../support/coordination-steps.js';
import { recordLog } from '../support/record-log.js';
import { createScriptedModel, type ScriptedTurn } from '../support/scripted-llm.js';
import { startTestHector, temporaryDirectory } from '../support/start-hector.js';
import { type Notification, startWebhook } from '../support/webhook.js';

const SECRET = 'a secret of the webhook';
const call = (to: string) => ({ call: { id: `pay-${to}`, name: 'pay', arguments: { to } } });

interface Shop {
  readonly directory: string;
  readonly paid: string[];
  start(turns: readonly ScriptedTurn[]): Promise<{ readonly url: string; close(): Promise<void> }>;
}

async function openShop(t: Test, approval: JsonObject, log?: Logger): Promise<Shop> {
  const paid: string[] = [];
  const directory = await temporaryDirectory(t);
  const tool: Tool = {
    ...{ name: 'pay', description: 'Pays', parameters: { type: 'object', properties: { to: { type: 'string' } } } },
    ...{ effect: 'once', requiresApproval: true, approvalPrompt: 'Pay {to}?' },
    async execute({ to }) {
      paid.push(String(to));
      return { content: `paid ${to}` };
    },
  };
  return {
    ...{ directory, paid },
    async start(turns) {
      const model = createScriptedModel(t, turns);
      const config = { agents: { clerk: { tools: ['pay'] } }, server: { approval } };
      return await startTestHector(t, {
        directory,
        config,
        ...(log === undefined ? {} : { log }),
        extensions: { createLanguageModel: () => model, tools: [tool] },
      });
    },
  };
}

async function begin({ url }: { readonly url: string }): Promise<WireTask> {
  return await sendText(`${url}/agents/clerk`, 'Pay them');
}

async function untilCompleted({ url }: { readonly url: string }, id: string): Promise<WireTask> {
  let task: WireTask | undefined;
  await waitFor(async () => {
    task = (await rpc(`${url}/agents/clerk`, 'GetTask', { id })).body.result as unknown as WireTask;
    return task.status.state === 'TASK_STATE_COMPLETED';
  });
  return task as WireTask;
}

const decide = ({ body }: Notification, decision: JsonObject) =>
  fetch(body.urls.decision, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(decision) });
const about = (received: readonly Notification[], id: string) => received.filter(({ body }) => body.task_id === id);

t.test(
  'the webhook is told of each call once, signed, decides it with its answer or leaves it to others (CFG-85, TOOL-60, TOOL-61, TOOL-63)',
  { timeout: 60_000 },
  async (t) => {
    const webhook = await startWebhook(t);
    const approval = { webhook_url: `${webhook.url}?shop=1`, webhook_signing_key: SECRET, allow_private: ['127.0.0.1'] };
    const shop = await openShop(t, approval);
    const hector = await shop.start([
      { say: [call('Ada')] },
      { say: ['Paid.'] },
      { say: [call('Bob')] },
      { expect: ({ messages }) => t.match(JSON.stringify(messages.at(-1)), /TOOL_EXECUTION_DENIED: Bob owes us/), say: ['Not paid.'] },
      { say: [call('Cyd'), call('Dan')] },
      { say: ['Paid both.'] },
    ]);
    const says: Record<string, JsonObject | undefined> = {
      Ada: { approved: true },
      Bob: { decision: 'deny', reason: 'Bob owes us' },
      Cyd: { decision: 'approve' },
    };
    const raw: string[] = [];
    webhook.answer =
      ({ body }) =>
      (_request, response) => {
        raw.push(body.parameters.to);
        const said = says[body.parameters.to];
        response.writeHead(200).end(said === undefined ? 'ok' : JSON.stringify(said));
      };
    const first = await begin(hector);
    await untilCompleted(hector, first.id);
    t.same(shop.paid, ['Ada']);
    const [told] = webhook.received;
    t.equal(told?.path, '/hook?shop=1');
    t.match(told?.body, {
      ...{ type: 'tool_approval_request', id: /^[0-9a-f]{32}$/, agent: 'clerk', tool_name: 'pay', parameters: { to: 'Ada' } },
      ...{ task_id: first.id, context_id: first.contextId, session_id: first.contextId, tool_call_id: 'pay-Ada' },
      ...{ arguments_hash: /^[0-9a-f]{64}$/, prompt: /^Pay Ada\?/, expires_at: /Z$/ },
      urls: {
        decision: `${hector.url}/api/tasks/${first.id}/toolCalls/pay-Ada/decision`,
        task: `${hector.url}/api/checkpoints/${first.id}`,
        agent: `${hector.url}/agents/clerk`,
      },
    });
    t.equal(told?.headers['idempotency-key'], told?.body.id);
    const [, at, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(told?.headers['x-hector-signature'])) ?? [];
    t.equal(
      signature,
      createHmac('sha256', SECRET)
        .update(`${at}.${JSON.stringify(told?.body)}`)
        .digest('hex'),
    );

    const second = await begin(hector);
    await untilCompleted(hector, second.id);
    t.same(shop.paid, ['Ada'], 'denied');

    const third = await begin(hector);
    await webhook.until((received) => about(received, third.id).length === 2);
    await waitFor(() => shop.paid.includes('Cyd'));
    const open = about(webhook.received, third.id).find(({ body }) => body.parameters.to === 'Dan') as Notification;
    await waitFor(async () => (await decide(open, { decision: 'approve' })).status === 200);
    await untilCompleted(hector, third.id);
    t.same(shop.paid.toSorted(), ['Ada', 'Cyd', 'Dan']);
    t.same(raw.toSorted(), ['Ada', 'Bob', 'Cyd', 'Dan'], 'no question is told again when its run asks anew');
  },
);

t.test(
  'a webhook that fails or hangs is asked again and blocks nobody; whoever takes over repeats no question (CFG-85, TOOL-63, TOOL-65)',
  { timeout: 60_000 },
  async (t) => {
    const webhook = await startWebhook(t);
    const shop = await openShop(t, { webhook_url: webhook.url, timeout: '300ms', allow_private: ['127.0.0.1'] });
    const hector = await shop.start([{ say: [call('Ada')] }, { say: [call('Bob')] }]);
    webhook.answer = (_, n) => (n === 1 ? 500 : n === 2 ? () => undefined : 200);
    const first = await begin(hector);
    await webhook.until((received) => received.length === 3);
    t.same(new Set(webhook.received.map(({ body }) => body.id)).size, 1);
    const second = await begin(hector);
    await webhook.until((received) => received.length === 4);
    await hector.close();

    const other = await shop.start([{ say: ['Paid.'] }, { say: [call('Cyd')] }]);
    const { body } = await rpc(`${other.url}/agents/clerk`, 'SendMessage', { message: userMessage('approve', { taskId: first.id }) });
    t.equal(body.result?.task?.status.state, 'TASK_STATE_COMPLETED', 'it is decided without the webhook');
    await begin(other);
    await webhook.until((received) => received.some((told) => told.body.parameters.to === 'Cyd'));
    t.equal(about(webhook.received, first.id).length, 3);
    t.equal(about(webhook.received, second.id).length, 1, 'still open, and not told again');
    t.same(shop.paid, ['Ada']);
  },
);

t.test('a webhook in a private network is refused unless it is allowed, and its keys are checked (CFG-85, CFG-90)', async (t) => {
  const webhook = await startWebhook(t);
  const { log, lines } = recordLog();
  const shop = await openShop(t, { webhook_url: webhook.url }, log);
  const hector = await shop.start([{ say: [call('Ada')] }, { say: ['Paid.'] }]);
  const task = await begin(hector);
  await waitFor(() => lines.some((line) => line.includes('server.approval.allow_private')));
  const done = await sendText(`${hector.url}/agents/clerk`, 'approve', { taskId: task.id });
  t.equal(done.status.state, 'TASK_STATE_COMPLETED');
  t.same(webhook.received, []);
  const load = (approval: JsonObject) =>
    loadSettings({ overrides: { server: { approval } }, workingDirectory: t.testdir({}), environment: {} }).server.approval;
  t.match(load({}), { webhookUrl: '', webhookSigningKey: '', timeoutMs: 300_000, allowPrivate: [], expiresAfterMs: 86_400_000 });
  for (const [approval, problem] of [
    [{ webhook_url: 'ftp://x' }, /server\.approval\.webhook_url/],
    [{ webhook_url: 'http://a:b@x/' }, /server\.approval\.webhook_url/],
    [{ webhook_signing_key: 'short' }, /server\.approval\.webhook_signing_key/],
    [{ webhook: 'http://x' }, /server\.approval\.webhook".*did you mean 'webhook_url'/],
  ] as const)
    t.match(
      problemsOf(() => load(approval)),
      problem,
      JSON.stringify(approval),
    );
});

function problemsOf(load: () => unknown): string {
  try {
    load();
    return '';
  } catch (error) {
    return JSON.stringify((error as AppError).problems);
  }
}
