/** One tool call is canceled while its run goes on (API-09, TOOL-51), through the front door. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import type { JsonObject } from '../../src/base/json.js';
import type { Tool, ToolContext } from '../../src/providers/tools/contract.js';
import { rpc, userMessage, type WireTask } from '../support/a2a-client.js';
import { linesOf, startAgents } from '../support/agents-rig.js';
import { runCommand } from '../support/cli-rig.js';
import { waitFor } from '../support/coordination-steps.js';
import { spawnHector, temporaryDirectory } from '../support/start-hector.js';

async function post(url: string, target: string, body?: JsonObject) {
  const init = body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(`${url}${target}`, { method: 'POST', ...init });
  return { status: response.status, body: (await response.json()) as JsonObject };
}

async function begin(url: string, agent: string, text: string): Promise<string> {
  const params = { message: userMessage(text), configuration: { returnImmediately: true } };
  return (await rpc(`${url}/agents/${agent}`, 'SendMessage', params)).body.result?.task?.id as string;
}

async function ended(url: string, agent: string, id: string): Promise<WireTask> {
  let task: WireTask | undefined;
  await waitFor(async () => {
    task = (await rpc(`${url}/agents/${agent}`, 'GetTask', { id })).body.result as unknown as WireTask;
    return task.status.state === 'TASK_STATE_COMPLETED' || task.status.state === 'TASK_STATE_FAILED';
  }, 20_000);
  return task as WireTask;
}

const dataOf = (task: WireTask, type: string) =>
  (task.artifacts ?? [])
    .flatMap(({ parts }) => parts)
    .flatMap(({ data }) => ((data as JsonObject | undefined)?.['type'] === type ? [data as JsonObject] : []));

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

t.test(
  'a canceled command dies with its process group on the worker that runs it; the run goes on and is not asked again (API-09, TOOL-51, R7)',
  { timeout: 60_000 },
  async (t) => {
    const directory = await temporaryDirectory(t);
    const config = { tools: { sh: { type: 'command', require_approval: false } }, agents: { developer: { tools: ['sh'] } } };
    const front = await spawnHector(t, { directory, config, roles: ['front', 'keeper'] });
    await spawnHector(t, { directory, config, roles: ['agent'] });
    const id = await begin(front.url, 'developer', `call sh ${JSON.stringify({ command: 'sleep 61 & echo $! $$ > pids; sleep 62' })}`);
    const file = path.join(directory, 'pids');
    await waitFor(() => existsSync(file) && /^\d+ \d+\n$/.test(readFileSync(file, 'utf8')), 20_000);
    const pids = readFileSync(file, 'utf8').trim().split(' ').map(Number);
    const checkpoint = async () => (await (await fetch(`${front.url}/api/checkpoints/${id}`)).json()) as { tool_calls: JsonObject[] };
    const [row] = (await checkpoint()).tool_calls;
    t.match(row, { status: 'intended', effect: 'once' });
    const target = `/api/tasks/${id}/toolCalls/${row?.['call_id']}/cancel`;
    t.match(await post(front.url, target, { reason: 'x' }), { status: 400, body: { error: { code: 'PARAMS_INVALID' } } });
    t.same(await post(front.url, target), { status: 200, body: { cancelled: true, task_id: id, call_id: row?.['call_id'] } });
    await waitFor(() => !pids.some(isAlive));
    const task = await ended(front.url, 'developer', id);
    t.equal(task.status.state, 'TASK_STATE_COMPLETED');
    t.match(dataOf(task, 'tool_result'), [{ is_error: true, content: /a person canceled this call while it ran; it is not known/ }]);
    t.match((await checkpoint()).tool_calls, [{ status: 'done', result: { is_error: true } }]);
    t.match(await post(front.url, target), {
      status: 409,
      body: { error: { code: 'TOOL_CALL_NOT_RUNNING', message: /it has ended \(done\)/ } },
    });
    t.match(await post(front.url, `/api/tasks/${id}/toolCalls/other/cancel`), {
      status: 404,
      body: { error: { code: 'TOOL_CALL_NOT_FOUND' } },
    });
    t.match(await post(front.url, '/api/tasks/other/toolCalls/other/cancel'), { status: 404, body: { error: { code: 'TASK_NOT_FOUND' } } });
  },
);

t.test(
  'calls of a run below another one are canceled by the root: one stops, one that answers all the same has answered, others go on (API-09)',
  { timeout: 60_000 },
  async (t) => {
    const begun = new Map<string, ToolContext>();
    let finish = () => {};
    const released = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const tool = (name: string, effect: Tool['effect'], run: (context: ToolContext) => Promise<string>): Tool => ({
      ...{ name, effect, description: name, parameters: { type: 'object' } },
      execute: async (_args, context) => {
        begun.set(name, context);
        return { content: await run(context) };
      },
    });
    const aborted = (signal: AbortSignal) => new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    const call = (name: string) => ({ call: { id: name, name, arguments: {} } });
    const rig = await startAgents(t, {
      agents: { boss: { agent_tools: ['helper'] }, helper: { tools: ['stops', 'answers', 'slow'] } },
      tools: [
        tool('stops', 'pure', async ({ signal }) => {
          await aborted(signal);
          throw signal.reason;
        }),
        tool('answers', 'once', async ({ signal }) => {
          await aborted(signal);
          return 'half of it';
        }),
        tool('slow', 'pure', async () => {
          await released;
          return 'all of it';
        }),
      ],
      says: {
        boss: [{ say: [{ call: { name: 'helper', arguments: { request: 'Work' } } }] }, { say: ['Thanks.'] }],
        helper: [{ say: [call('stops'), call('answers'), call('slow')] }, { say: ['Worked.'] }],
      },
    });
    const id = await begin(rig.url, 'boss', 'Go');
    await waitFor(() => begun.size === 3);
    const callOf = (name: string) => begun.get(name)?.callId ?? '';
    t.match(callOf('stops'), /^stops-[0-9a-f]{8}$/, 'the id of a call below another run has a suffix');
    t.match(await runCommand(t, ['tasks', 'cancel-call', id, callOf('stops'), '--url', rig.url]), {
      code: 0,
      output: `canceled: call ${callOf('stops')}; the run goes on without its result\n`,
    });
    t.match(await post(rig.url, `/api/tasks/${id}/toolCalls/${callOf('answers')}/cancel`), { status: 200 });
    t.equal(begun.get('slow')?.signal.aborted, false);
    await waitFor(async () => (await post(rig.url, `/api/tasks/${id}/toolCalls/${callOf('stops')}/cancel`)).status === 409);
    finish();
    t.equal((await ended(rig.url, 'boss', id)).status.state, 'TASK_STATE_COMPLETED');
    t.match(
      linesOf(rig.models['helper']?.requests[1] as never).at(-1),
      /<stops: Error: a person canceled this call; .*<answers: half of it> <slow: all of it>/,
    );
    t.match(await runCommand(t, ['tasks', 'cancel-call', id, '--url', rig.url]), { code: 2, errors: /wants the id of a call/ });
    t.match(await runCommand(t, ['tasks', 'why', id, 'x', '--url', rig.url]), { code: 2, errors: /unexpected argument 'x'/ });
  },
);

t.test('an effect of an agent in code is canceled, and is not made again (API-09, R7)', { timeout: 60_000 }, async (t) => {
  let made = 0;
  const rig = await startAgents(t, {
    agents: { coder: { type: 'custom' } },
    says: {},
    handlers: {
      async *coder(run) {
        try {
          await run.call('send', 'once', async ({ signal }) => {
            made += 1;
            await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
          });
        } catch (error) {
          yield `It ended with: ${(error as Error).message}`;
        }
      },
    },
  });
  const id = await begin(rig.url, 'coder', 'Go');
  await waitFor(() => made === 1);
  const { tool_calls: rows } = (await (await fetch(`${rig.url}/api/checkpoints/${id}`)).json()) as { tool_calls: JsonObject[] };
  t.match(await post(rig.url, `/api/tasks/${id}/toolCalls/${rows[0]?.['call_id']}/cancel`), { status: 200 });
  const task = await ended(rig.url, 'coder', id);
  t.match(JSON.stringify(task.artifacts), /It ended with: Error: a person canceled this call while it ran/);
  t.equal(made, 1);
});
