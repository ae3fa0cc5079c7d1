import t from 'tap';
import type { CallScope } from '../../../../src/a2a/mcp/call-scope.js';
import { cancelCall, startCall } from '../../../../src/a2a/mcp/run-call.js';
import type { Operations } from '../../../../src/a2a/operations.js';
import { AppError, type ErrorCode } from '../../../../src/base/errors.js';
import type { JsonObject } from '../../../../src/base/json.js';
import { agentSettings } from '../../../support/llm-agent.js';

const PLACE = { agent: 'clerk', requestId: 7, progressToken: undefined };
const CANCEL = { requestId: 7 };

t.test('a cancellation that comes before the first frame cancels the task as soon as it is known (R6)', async (t) => {
  const rig = setUp();
  const call = rig.start();
  const first = call.next();
  await cancelCall(CANCEL, rig.scope);
  t.same(rig.canceled, [], 'no task is known yet');
  rig.begin('task-1');
  await first;
  t.same(rig.canceled, ['task-1']);
  await call.return();
  t.equal(rig.scope.running.size, 0);
});

t.test('the end of one stream leaves the other one of the same request where a cancellation finds it (R6, R11)', async (t) => {
  const rig = setUp();
  const calls = [rig.start(), rig.start()] as const;
  const first = calls.map((call) => call.next());
  rig.begin('task-1');
  await Promise.all(first);
  await calls[0].return();
  await cancelCall(CANCEL, rig.scope);
  t.same(rig.canceled, ['task-1']);
  await calls[1].return();
  t.equal(rig.scope.running.size, 0);
});

t.test('a cancellation that fails is warned of, unless the task has ended', async (t) => {
  const levels = async (code: ErrorCode) => {
    const rig = setUp(code);
    const call = rig.start();
    const first = call.next();
    rig.begin('task-1');
    await first;
    await cancelCall(CANCEL, rig.scope);
    await call.return();
    return rig.logged;
  };
  t.same(await levels('TASK_NOT_CANCELABLE'), ['debug']);
  t.same(await levels('TASK_NOT_FOUND'), ['debug']);
  t.same(await levels('OVERLOADED'), ['warn']);
});

/** One call of one session; its tasks begin when they are told to, and a task is found by nothing but the frames of its call. */
function setUp(failure?: ErrorCode) {
  const canceled: string[] = [];
  const logged: string[] = [];
  let begin: (taskId: string) => void = () => undefined;
  const begun = new Promise<string>((resolve) => {
    begin = resolve;
  });
  async function* frames() {
    const id = await begun;
    const cursor = { epoch: 1, seq: 1 };
    yield { response: { task: { id, contextId: 'c', status: { state: 'TASK_STATE_WORKING' } } }, cursor };
    await new Promise(() => undefined);
  }
  const operations = {
    sendStreamingMessage: async () => frames(),
    listTasks: async () => ({ tasks: [] }),
    cancelTask: async ({ id }: JsonObject) => {
      if (failure !== undefined) throw new AppError(failure);
      canceled.push(id as string);
    },
  } as unknown as Operations;
  const agent = agentSettings({ streaming: true });
  const log = Object.fromEntries(['debug', 'info', 'warn', 'error'].map((level) => [level, () => void logged.push(level)]));
  const scope = {
    operations,
    settings: () => ({ agents: { clerk: agent } }),
    log,
    running: new Map(),
    request: {
      agent: '',
      baseUrl: 'http://127.0.0.1',
      headers: { 'mcp-session-id': 'session-1', 'mcp-protocol-version': '2025-11-25' },
      signal: new AbortController().signal,
    },
    principal: { subject: 'ada', roles: [] },
  } as unknown as CallScope;
  const start = () => startCall(scope, PLACE, agent, { request: 'work' }, new AbortController().signal);
  return { scope, canceled, logged, begin: (taskId: string) => begin(taskId), start };
}
