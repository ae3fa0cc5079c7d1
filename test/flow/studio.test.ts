/** The management API over the real server: real storage, real Redis, workers that really die. */
import t from 'tap';
import { systemClock } from '../../src/base/clock.js';
import type { JsonObject } from '../../src/base/json.js';
import { silentLogger } from '../../src/observe/log.js';
import type { Tool } from '../../src/providers/tools/contract.js';
import type { Hector } from '../../src/runtime/hector.js';
import { openDatabase } from '../../src/storage/sql/database.js';
import { SqlTaskStore } from '../../src/storage/sql/sql-task-store.js';
import { rpc, sendText, userMessage, type WireTask } from '../support/a2a-client.js';
import { waitFor } from '../support/coordination-steps.js';
import { acceptNew } from '../support/run-log-samples.js';
import { createScriptedModel } from '../support/scripted-llm.js';
import { spawnHector, startTestHector, temporaryDirectory } from '../support/start-hector.js';

const HELD = { enabled: true, recovery: { auto_resume: false } };
const CONFIG = { queue: { lease_ms: 500 }, server: { shutdown_timeout_ms: 2_000 } };

async function api(hector: Pick<Hector, 'url'>, method: string, path: string, body?: JsonObject) {
  const response = await fetch(`${hector.url}${path}`, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as JsonObject };
}

async function begin(hector: Pick<Hector, 'url'>, text: string, extra: Record<string, unknown> = {}): Promise<WireTask> {
  const params = { message: userMessage(text, extra), configuration: { returnImmediately: true } };
  const { body } = await rpc(`${hector.url}/agents/assistant`, 'SendMessage', params);
  if (body.result?.task === undefined) throw new Error(JSON.stringify(body));
  return body.result.task;
}

async function state(hector: Pick<Hector, 'url'>, id: string): Promise<string | undefined> {
  return (await rpc(`${hector.url}/agents/assistant`, 'GetTask', { id })).body.result?.status?.state;
}

async function list(hector: Pick<Hector, 'url'>, status: string): Promise<readonly unknown[]> {
  return (await api(hector, 'GET', `/api/checkpoints?status=${status}`)).body['checkpoints'] as unknown as readonly unknown[];
}

async function why(hector: Pick<Hector, 'url'>, id: string): Promise<JsonObject> {
  return (await api(hector, 'GET', `/api/tasks/${id}/why`)).body;
}

t.test(
  'runs whose worker died are held, listed, inspected; one is resumed and completes, one is discarded (CHK-08)',
  { timeout: 90_000 },
  async (t) => {
    const directory = await temporaryDirectory(t);
    const config = { ...CONFIG, storage: { checkpoint: HELD }, llms: { main: { provider: 'offline', first_token_ms: 600_000 } } };
    const front = await startTestHector(t, { directory, config, roles: ['front', 'keeper'] });
    const doomed = await spawnHector(t, { directory, config, roles: ['agent'] });
    const [first, second] = [await begin(front, 'One'), await begin(front, 'Two')];
    const ids = [first.id, second.id];
    await waitFor(async () => (await list(front, 'running')).length === 2);
    t.match((await api(front, 'GET', '/api/checkpoints?status=running')).body, {
      checkpoints: ids.map((id) => ({ task_id: id, lease_alive: true })),
    });

    doomed.child.kill('SIGKILL');
    await doomed.exited;
    await waitFor(async () => (await list(front, 'interrupted')).length === 2);
    t.match(await why(front, first.id), { rule: 'no-worker', next: /--roles agent/ });

    const model = createScriptedModel(t, [{ say: ['Done.'] }]);
    await startTestHector(t, { directory, config, roles: ['agent'], extensions: { createLanguageModel: () => model } });
    await waitFor(async () => (await list(front, 'held')).length === 2);
    t.match((await api(front, 'GET', '/api/checkpoints/stats')).body, { total: 2, held: 2, working: 0 });
    t.match(await api(front, 'GET', `/api/checkpoints/${first.id}`), {
      status: 200,
      body: { status: 'held', step: 1, held_since: /Z$/, control: {}, tool_calls: [] },
    });
    t.match(await why(front, first.id), { rule: 'held', evidence: [/storage\.checkpoint\.recovery\.auto_resume/] });

    t.match(await api(front, 'POST', `/api/checkpoints/${first.id}/resume`), { status: 200, body: { status: 'queued' } });
    await waitFor(async () => (await state(front, first.id)) === 'TASK_STATE_COMPLETED');
    t.match(await api(front, 'POST', `/api/checkpoints/${first.id}/resume`), {
      status: 409,
      body: { error: { code: 'CHECKPOINT_ENDED' } },
    });

    t.match(await api(front, 'DELETE', `/api/checkpoints/${second.id}`), { status: 200, body: { state: 'TASK_STATE_CANCELED' } });
    const { body } = await rpc(`${front.url}/agents/assistant`, 'GetTask', { id: second.id });
    t.match(body.result?.status, { state: 'TASK_STATE_CANCELED', message: { parts: [{ text: /discarded/ }] } });
    t.match(await api(front, 'DELETE', `/api/checkpoints/${second.id}`), { status: 409, body: { error: { code: 'CHECKPOINT_ENDED' } } });
    t.same((await api(front, 'GET', '/api/checkpoints')).body, { checkpoints: [] });
  },
);

t.test(
  'why tells that no worker is there, and who stands in front; other owners and odd ids are nobody (SEC-18)',
  { timeout: 60_000 },
  async (t) => {
    const front = await startTestHector(t, { config: CONFIG, roles: ['front', 'keeper'] });
    const first = await begin(front, 'One');
    const second = await begin(front, 'Two', { contextId: first.contextId });
    await waitFor(async () => /Its job waits.*A keeper is on duty/.test(JSON.stringify(await why(front, first.id))));
    t.match(await why(front, first.id), {
      rule: 'no-worker',
      evidence: [/TASK_STATE_SUBMITTED, step 1/, /no worker/, /lease/, /0 jobs before it/, /0 worker/, /A keeper is on duty/],
    });
    t.match(await why(front, second.id), { rule: 'behind', front: { task_id: first.id, rule: 'no-worker' } });
    t.match(await api(front, 'POST', `/api/checkpoints/${second.id}/resume`), {
      status: 409,
      body: { error: { code: 'CHECKPOINT_NOT_HELD', message: new RegExp(`waits for an earlier one of its session, '${first.id}'`) } },
    });

    const settings = Object.values(front.settings.databases)[0];
    if (settings === undefined) throw new Error('no database');
    const database = await openDatabase(settings, { name: 'eve', log: silentLogger, clock: systemClock });
    t.teardown(() => database.close());
    const foreign = await acceptNew(new SqlTaskStore(database), { key: { agent: 'assistant', owner: 'eve', contextId: 'c' } });
    for (const id of [
      foreign.id,
      'a%2Fb',
      '%00',
      `${first.id}%00`,
      'x'.repeat(10_000),
      '%F0%9F%98%80',
      `${first.id}%20`,
      first.id.toUpperCase(),
    ]) {
      const requests: readonly (readonly [string, string, JsonObject?])[] = [
        ['GET', `/api/checkpoints/${id}`],
        ['POST', `/api/checkpoints/${id}/resume`],
        ['DELETE', `/api/checkpoints/${id}`],
        ['GET', `/api/tasks/${id}/why`],
        ['POST', `/api/tasks/${id}/toolCalls/c/decision`, { decision: 'approve' }],
      ];
      for (const request of requests)
        t.match(
          await api(front, ...request),
          { status: 404, body: { error: { code: 'TASK_NOT_FOUND' } } },
          `${request[0]} ${request[1].slice(0, 80)}`,
        );
    }
    t.equal((await list(front, 'queued')).length, 2, "not another owner's");
  },
);

t.test(
  'two calls that wait are decided one by one over the API; a repeated decision decides once (TOOL-62, R11)',
  { timeout: 60_000 },
  async (t) => {
    const ran: string[] = [];
    const tool: Tool = {
      ...{ name: 'pay', description: 'Pays', parameters: { type: 'object', properties: { to: { type: 'string' } } } },
      ...{ effect: 'once', requiresApproval: true },
      execute: async (args) => {
        ran.push(String(args['to']));
        return { content: 'paid' };
      },
    };
    const calls = ['a', 'b'].map((id) => ({ call: { id, name: 'pay', arguments: { to: id } } }));
    const model = createScriptedModel(t, [{ say: calls }, { say: ['Both decided.'] }]);
    const config = { ...CONFIG, agents: { assistant: { tools: ['pay'] } } };
    const hector = await startTestHector(t, { config, extensions: { tools: [tool], createLanguageModel: () => model } });
    const task = await sendText(`${hector.url}/agents/assistant`, 'Pay both');
    t.equal(task.status.state, 'TASK_STATE_INPUT_REQUIRED');
    t.match(await why(hector, task.id), {
      rule: 'waiting',
      summary: /until /,
      evidence: [/since/, /over/, /'a' of the tool 'pay'/, /'b'/],
    });
    const shown = (await api(hector, 'GET', `/api/checkpoints/${task.id}`)).body;
    t.match(shown, { questions: [{ call_id: 'a', arguments: { to: 'a' } }, { call_id: 'b' }], tool_calls: [{ status: 'awaiting' }, {}] });

    const path = (callId: string) => `/api/tasks/${task.id}/toolCalls/${callId}/decision`;
    const approve = {
      decision: 'approve',
      arguments_hash: (shown['questions'] as unknown as readonly JsonObject[])[0]?.['arguments_hash'] as string,
    };
    t.match(await api(hector, 'POST', path('a'), { ...approve, arguments_hash: '0' }), {
      status: 409,
      body: { error: { code: 'TOOL_CALL_CHANGED' } },
    });
    const decided = await api(hector, 'POST', path('a'), approve);
    t.match(decided, { status: 200, body: { call_id: 'a', decision: 'approve' } });
    await waitFor(async () => (await state(hector, task.id)) === 'TASK_STATE_INPUT_REQUIRED');
    const again = await api(hector, 'POST', path('a'), approve);
    t.same([again.status, again.body['message_id']], [200, decided.body['message_id']]);
    t.match(await api(hector, 'POST', path('a'), { decision: 'deny' }), { status: 409, body: { error: { code: 'TOOL_CALL_NOT_OPEN' } } });
    t.match(await api(hector, 'POST', path('b'), { decision: 'deny', reason: 'not b' }), { status: 200 });
    await waitFor(async () => (await state(hector, task.id)) === 'TASK_STATE_COMPLETED');
    t.same(ran, ['a']);
    t.match((await api(hector, 'GET', `/api/checkpoints/${task.id}`)).body, {
      status: 'ended',
      questions: [],
      tool_calls: [
        { call_id: 'a', status: 'done', result: { content: 'paid' }, decision: { message_id: decided.body['message_id'] } },
        { call_id: 'b', status: 'denied', result: { content: /^TOOL_EXECUTION_DENIED.*not b/ } },
      ],
    });
  },
);
