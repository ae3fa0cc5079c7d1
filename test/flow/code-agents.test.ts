/** Agents in code, through the whole of Hector (AGT-70, PRG-01, PRG-14, PRG-16). */
import { once } from 'node:events';
import { SendMessageRequest } from '@a2a-js/sdk';
import { ClientFactory } from '@a2a-js/sdk/client';
import { GrpcTransportFactory } from '@a2a-js/sdk/client/grpc';
import { credentials } from '@grpc/grpc-js';
import type { AgentContext, AgentHandler } from 'hector';
import t from 'tap';
import { artifactText, collectFrames, rpc, sendText, streamFrames, userMessage } from '../support/a2a-client.js';
import { startCodeAgents } from '../support/start-code-agents.js';

t.test('deltas are shown as they come, artifacts have several parts, and metadata reaches the client (T3, T5, T11, D8, D9)', async (t) => {
  let goOn = () => {};
  const shown = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const { url } = await startCodeAgents(t, {
    worker: async function* () {
      yield 'Hel';
      await shown;
      yield 'lo';
      yield { type: 'status', text: 'half way', metadata: { percent: 50 }, messageMetadata: { note: null } };
      const parts = [
        { text: 'a' },
        { data: null },
        { raw: Buffer.from('bytes'), mediaType: 'image/png', filename: 'a.png', metadata: { w: 1 } },
      ];
      yield { type: 'artifact', artifactId: 'report', name: 'Report', description: 'All of it', parts, metadata: { pages: [1, 2] } };
      yield { type: 'artifact', artifactId: 'log', text: 'one', append: false, lastChunk: false };
      yield { type: 'artifact', artifactId: 'log', parts: [{ url: 'https://example.com/two' }], append: true, lastChunk: true };
      yield '!';
      yield { type: 'completed', text: 'That is it.', metadata: { cost: 0.5 } };
      throw new Error('never reached');
    },
  });
  const frames = [];
  for await (const frame of streamFrames(`${url}/agents/worker`, 'SendStreamingMessage', { message: userMessage('Go') })) {
    frames.push(frame);
    if (frame.result.artifactUpdate !== undefined) goOn();
  }
  t.ok(frames[0]?.result.task, 'the stream begins with the task');
  const updates = frames.flatMap(({ result }) => result.artifactUpdate ?? []);
  t.equal(updates[0]?.artifact.parts[0]?.text, 'Hel', 'the first delta came before the handler went on');
  const ofResponse = frames.filter(({ result }) => result.artifactUpdate?.artifact.artifactId === 'response');
  t.equal(artifactText(ofResponse), 'Hello!');
  const statuses = frames.flatMap(({ result }) => result.statusUpdate ?? []);
  t.match(statuses.at(-2), {
    status: { state: 'TASK_STATE_WORKING', message: { parts: [{ text: 'half way' }], metadata: { note: null } } },
    metadata: { percent: 50 },
  });
  t.match(statuses.at(-1), {
    status: { state: 'TASK_STATE_COMPLETED', message: { parts: [{ text: 'That is it.' }] } },
    metadata: { cost: 0.5 },
  });

  const { body } = await rpc(`${url}/agents/worker`, 'GetTask', { id: statuses[0]?.taskId });
  const task = body.result as unknown as { artifacts: { artifactId: string }[]; metadata: unknown };
  t.match(task.metadata, { percent: 50, cost: 0.5 });
  const byId = Object.fromEntries(task.artifacts.map((artifact) => [artifact.artifactId, artifact]));
  t.same(byId['report'], {
    artifactId: 'report',
    name: 'Report',
    description: 'All of it',
    parts: [{ text: 'a' }, { data: null }, { raw: 'Ynl0ZXM=', mediaType: 'image/png', filename: 'a.png', metadata: { w: 1 } }],
    metadata: { pages: [1, 2] },
  });
  t.match(byId['log'], { parts: [{ text: 'one' }, { url: 'https://example.com/two' }] });
});

t.test('an output that is too large ends the task at once, in words, and nobody else waits for it (Z4)', async (t) => {
  const outputs: Record<string, unknown> = {
    artifact: { type: 'artifact', artifactId: 'a', text: 'x'.repeat(60 * 1024 * 1024) },
    raw: { type: 'artifact', artifactId: 'a', parts: [{ raw: new Uint8Array(60 * 1024 * 1024) }] },
    parts: { type: 'artifact', artifactId: 'a', parts: Array.from({ length: 9 }, () => ({ data: 'x'.repeat(1024 * 1024) })) },
    status: { type: 'status', text: 'x'.repeat(9 * 1024 * 1024) },
    controls: { type: 'status', text: '\u0001'.repeat(2 * 1024 * 1024) },
  };
  let calls = 0;
  const { url } = await startCodeAgents(t, {
    worker: async function* ({ message }) {
      calls += 1;
      yield outputs[message.parts[0]?.text ?? ''] as { type: 'artifact' };
    } as AgentHandler,
    echo: async () => 'here',
  });
  const asked = Object.keys(outputs);
  const sent = asked.map((kind) => sendText(`${url}/agents/worker`, kind));
  t.match(await sendText(`${url}/agents/echo`, 'Hello'), { status: { state: 'TASK_STATE_COMPLETED' } });
  for (const [index, one] of (await Promise.all(sent)).entries()) {
    t.match(
      one,
      { status: { state: 'TASK_STATE_FAILED', message: { parts: [{ text: /server\.limits\.max_event_bytes/ }] } } },
      asked[index] as string,
    );
  }
  t.equal(calls, asked.length, 'none was tried again');
});

t.test('the handler is given everything that the client sent, and later the whole conversation (D4, D9, S8, W-11)', async (t) => {
  const seen: AgentContext[] = [];
  const { url } = await startCodeAgents(t, {
    reader: [
      (context) => {
        seen.push(context);
        return [{ type: 'artifact', artifactId: 'a', parts: [{ text: 'first' }, { data: [1] }] }, 'Noted.'];
      },
      { inputModes: ['*/*'], outputModes: ['text/plain', 'application/json'] },
    ],
  });
  const message = {
    ...userMessage('x'),
    parts: [
      { text: 'Hi', metadata: { lang: 'en' } },
      { data: null, mediaType: 'application/json' },
      { raw: 'AAEC', mediaType: 'image/png', filename: 'x.png' },
      { url: 'https://example.com/a.pdf', mediaType: 'application/pdf' },
    ],
    metadata: { deep: { list: [null, 1] } },
    extensions: ['urn:x'],
    referenceTaskIds: ['earlier-1', 'earlier-2'],
  };
  const configuration = { acceptedOutputModes: ['application/json'] };
  const { body } = await rpc(`${url}/agents/reader`, 'SendMessage', { message, configuration, metadata: { request: 7 } });
  const contextId = body.result?.task?.contextId as string;
  t.same(seen[0]?.message, { ...message, contextId });
  t.same(seen[0]?.acceptedOutputModes, ['application/json']);
  t.match(seen[0]?.task, { id: body.result?.task?.id, contextId, agent: 'reader', tenant: '', metadata: { request: 7 } });
  t.equal(seen[0]?.wait, undefined);
  await sendText(`${url}/agents/reader`, 'Again', { contextId });
  t.same(
    seen[1]?.history.map(({ role, parts }) => [role, parts]),
    [
      ['user', message.parts.map(({ metadata: _, ...part }: { metadata?: unknown }) => part)],
      ['agent', [{ text: 'first' }, { data: [1] }]],
      ['agent', [{ text: 'Noted.' }]],
      ['user', [{ text: 'Again' }]],
    ],
  );
});

t.test('a direct message is the whole answer, blocking, streamed and with returnImmediately (S1, S4, T2)', async (t) => {
  const { url } = await startCodeAgents(t, {
    clock: [() => ({ type: 'message', text: 'noon', messageMetadata: { zone: 'UTC' } }), { directMessages: true }],
    either: [
      async function* () {
        yield { type: 'status', text: 'This takes longer' };
        yield 'a task';
      },
      { directMessages: true },
    ],
    late: [
      async function* () {
        yield 'text';
        yield { type: 'message', text: 'too late' };
      },
      { directMessages: true },
    ],
    committed: [
      async function* () {
        yield { type: 'artifact', artifactId: 'a', text: 'committed' };
        yield { type: 'message', text: 'too late' };
      },
      { directMessages: true },
    ],
    undeclared: () => ({ type: 'message', text: 'hello' }),
  });
  const message = userMessage('What time is it?');
  const blocking = await rpc(`${url}/agents/clock`, 'SendMessage', { message });
  const answer = (blocking.body.result as { message?: Record<string, unknown> }).message;
  t.match(answer, { role: 'ROLE_AGENT', parts: [{ text: 'noon' }], metadata: { zone: 'UTC' }, contextId: String });
  t.notOk(answer?.['taskId'], 'there is no task that a client should know of');
  const repeated = await rpc(`${url}/agents/clock`, 'SendMessage', { message, configuration: { returnImmediately: true } });
  t.same(repeated.body.result, { message: answer }, 'the same message gets the same answer (R11)');
  const frames = await collectFrames(streamFrames(`${url}/agents/clock`, 'SendStreamingMessage', { message: userMessage('And now?') }));
  t.same(
    frames.map(({ result }) => Object.keys(result)),
    [['message']],
  );
  const rest = await fetch(`${url}/agents/clock/message:send`, {
    method: 'POST',
    headers: { 'content-type': 'application/a2a+json', 'a2a-version': '1.0' },
    body: JSON.stringify({ message: userMessage('REST') }),
  });
  t.match(await rest.json(), { message: { parts: [{ text: 'noon' }] } });

  const task = await collectFrames(streamFrames(`${url}/agents/either`, 'SendStreamingMessage', { message: userMessage('x') }));
  t.ok(task[0]?.result.task, 'whoever may answer with a message may still make a task (T3)');
  t.equal(task.at(-1)?.result.statusUpdate?.status.state, 'TASK_STATE_COMPLETED');
  t.equal(artifactText(task), 'a task');
  for (const [name, reason] of [
    ['late', /first and only output/],
    ['committed', /first and only output/],
    ['undeclared', /agents\.undeclared\.direct_messages/],
  ] as const) {
    const failed = await sendText(`${url}/agents/${name}`, 'x');
    t.equal(failed.status.state, 'TASK_STATE_FAILED');
    t.match(failed.status.message?.parts[0]?.text, reason);
  }
});

t.test('a direct message is one over gRPC too (S1, T2, GR3)', async (t) => {
  const handler = [() => ({ type: 'message', text: 'noon' }) as const, { directMessages: true }] as const;
  const { url } = await startCodeAgents(t, { clock: handler }, { server: { grpc_port: 0 } });
  const factory = new ClientFactory({
    transports: [new GrpcTransportFactory({ grpcChannelCredentials: credentials.createInsecure() })],
    preferredTransports: ['GRPC'],
  });
  const client = await factory.createFromUrl(`${url}/agents/clock/`, '.well-known/agent-card.json');
  const request = () => SendMessageRequest.fromJSON({ message: userMessage('What time is it?') });
  t.match(await client.sendMessage(request()), { taskId: '', parts: [{ content: { $case: 'text', value: 'noon' } }] });
  const kinds: unknown[] = [];
  for await (const { payload } of client.sendMessageStream(request())) kinds.push(payload?.$case);
  t.same(kinds, ['message']);
});

t.test('a gRPC stream that has not begun ends with UNAVAILABLE as soon as the server drains (R6, GR3)', async (t) => {
  let called = () => {};
  const calls = new Promise<void>((resolve) => {
    called = resolve;
  });
  const silent: AgentHandler = ({ signal }) => {
    called();
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined)));
  };
  const hector = await startCodeAgents(t, { silent: [silent, { directMessages: true }] }, { server: { grpc_port: 0 } });
  const factory = new ClientFactory({
    transports: [new GrpcTransportFactory({ grpcChannelCredentials: credentials.createInsecure() })],
    preferredTransports: ['GRPC'],
  });
  const client = await factory.createFromUrl(`${hector.url}/agents/silent/`, '.well-known/agent-card.json');
  const stream = client.sendMessageStream(SendMessageRequest.fromJSON({ message: userMessage('Are you there?') }));
  const answer = stream.next().catch((error: unknown) => String(error));
  await calls;
  const closed = hector.close();
  t.match(await answer, /shutting down/);
  await closed;
});

t.test('an agent waits for input and for credentials, and a message alone authorises nothing (TSK-02, M7, M8, M9, T12)', async (t) => {
  let hasCredentials = false;
  const { url } = await startCodeAgents(t, {
    bank: async function* ({ message, wait, state }) {
      if (wait === undefined) {
        state['amount'] = 5;
        return yield {
          type: 'input-required',
          parts: [{ text: 'Which account?' }, { data: { choices: [1, 2] } }],
          metadata: { step: 'account' },
        };
      }
      if (wait.type === 'input-required') state['account'] = message.parts[0]?.text;
      if (!hasCredentials) return yield { type: 'auth-required', text: 'Log in at https://bank.example' };
      yield `Paid ${String(state['amount'])} from ${String(state['account'])}`;
    },
  });
  const bank = `${url}/agents/bank`;
  const first = await sendText(bank, 'Pay');
  t.match(first, {
    status: { state: 'TASK_STATE_INPUT_REQUIRED', message: { parts: [{ text: 'Which account?' }, { data: { choices: [1, 2] } }] } },
    metadata: { step: 'account' },
  });
  const second = await sendText(bank, 'Savings', { taskId: first.id });
  t.match(second.status, { state: 'TASK_STATE_AUTH_REQUIRED', message: { parts: [{ text: 'Log in at https://bank.example' }] } });
  const third = await sendText(bank, 'I have logged in', { taskId: first.id });
  t.equal(third.status.state, 'TASK_STATE_AUTH_REQUIRED', 'the agent checks for itself');
  hasCredentials = true;
  const last = await sendText(bank, 'Now I have', { taskId: first.id });
  t.equal(last.status.state, 'TASK_STATE_COMPLETED');
  t.same(last.artifacts?.[0]?.parts[0]?.text, 'Paid 5 from Savings');
});

t.test('what a handler throws, refuses or puts out wrongly ends its task with what was wrong, and nothing of ours is told', async (t) => {
  const outputs: Record<string, AgentHandler> = {
    throws: () => {
      throw new Error('the password is hunter2');
    },
    fails: () => ({ type: 'failed', text: 'No such order', metadata: { order: 7 } }),
    rejects: () => ({ type: 'rejected', text: 'Not my field' }),
    number: () => 7 as never,
    type: () => ({ type: 'artefact' }) as never,
    part: () => ({ type: 'artifact', artifactId: 'a', parts: [{ text: 'x', url: 'y' } as never] }),
    empty: () => ({ type: 'artifact', artifactId: '', parts: [] }),
    circular: () => {
      const data: Record<string, unknown> = {};
      data['self'] = data;
      return { type: 'artifact', artifactId: 'a', parts: [{ data: data as never }] };
    },
    state: async function* ({ state }) {
      state['big'] = 'x'.repeat(70_000);
      yield { type: 'status', text: 'x' };
    },
  };
  const { url } = await startCodeAgents(t, outputs);
  const wanted: Record<string, readonly [string, RegExp]> = {
    throws: ['TASK_STATE_FAILED', /^The agent 'throws' failed unexpectedly$/],
    fails: ['TASK_STATE_FAILED', /^No such order$/],
    rejects: ['TASK_STATE_REJECTED', /^Not my field$/],
    number: ['TASK_STATE_FAILED', /a number is no output; wanted a string, or an object whose type is text, artifact/],
    type: ['TASK_STATE_FAILED', /the type is 'artefact'; wanted/],
    part: ['TASK_STATE_FAILED', /artifact: parts\[0\] must have exactly one of text, raw, url, data \(not text and url\)/],
    empty: ['TASK_STATE_FAILED', /artifactId is required.*; parts must hold at least one part/],
    circular: ['TASK_STATE_FAILED', /no JSON/],
    state: ['TASK_STATE_FAILED', /the state has \d+ characters as JSON; wanted at most 65536/],
  };
  for (const [name, [state, text]] of Object.entries(wanted)) {
    const task = await sendText(`${url}/agents/${name}`, 'x');
    t.equal(task.status.state, state, name);
    t.match(task.status.message?.parts[0]?.text, text, name);
  }
});

t.test('canceling aborts the signal of the handler, and ends its task (N1)', async (t) => {
  let aborted: Promise<unknown> | undefined;
  const { url } = await startCodeAgents(t, {
    sleeper: async function* ({ signal }) {
      aborted = once(signal, 'abort');
      yield 'zzz';
      await new Promise(() => {});
    },
  });
  let last: string | undefined;
  for await (const { result } of streamFrames(`${url}/agents/sleeper`, 'SendStreamingMessage', { message: userMessage('x') })) {
    last = result.statusUpdate?.status.state ?? last;
    if (result.artifactUpdate?.artifact.parts[0]?.text === 'zzz')
      await rpc(`${url}/agents/sleeper`, 'CancelTask', { id: result.artifactUpdate.taskId });
  }
  await aborted;
  t.equal(last, 'TASK_STATE_CANCELED');
});

t.test('an effect runs by its policy: once per name, and its result or its error is kept (R7)', async (t) => {
  const ran: string[] = [];
  const keys = new Set<string>();
  const { url } = await startCodeAgents(t, {
    buyer: async ({ call }) => {
      const count = (name: string) => () => {
        ran.push(name);
        return { count: ran.filter((one) => one === name).length };
      };
      const [first, same] = await Promise.all([call('pay', 'once', count('pay')), call('pay', 'once', count('pay'))]);
      const again = await call('pay', 'once', count('pay'));
      await call('look', 'pure', count('look'));
      await call('look', 'pure', count('look'));
      const put = () =>
        call('put', 'idempotent', ({ idempotencyKey }) => {
          ran.push('put');
          keys.add(idempotencyKey);
          if (ran.filter((one) => one === 'put').length === 1) throw new Error('no network');
          return 'there';
        });
      const failed = await put().catch((error: Error) => error.message);
      const stored = await put();
      const refuse = () => call('refused', 'once', () => Promise.reject(new Error('no funds')));
      const errors = [await refuse().catch((error: Error) => error.message), await refuse().catch((error: Error) => error.message)];
      return JSON.stringify({ first, same, again, failed, stored, errors });
    },
  });
  const task = await sendText(`${url}/agents/buyer`, 'x');
  t.same(JSON.parse(task.artifacts?.[0]?.parts[0]?.text ?? '{}'), {
    first: { count: 1 },
    same: { count: 1 },
    again: { count: 1 },
    failed: 'no network',
    stored: 'there',
    errors: ['no funds', 'no funds'],
  });
  t.same(ran, ['pay', 'look', 'look', 'put', 'put']);
  t.equal(keys.size, 1, 'one key for both attempts');
});

t.test('the configuration binds a handler under keys of its own, beside agents of models (PRG-16)', async (t) => {
  const { url } = await startCodeAgents(
    t,
    { greeter: [({ task }) => `I am ${task.agent}`, { description: 'From code', inputModes: ['image/*'] }] },
    {
      agents: {
        ada: { type: 'custom', handler: 'greeter', input_modes: ['text/plain'] },
        bob: { type: 'custom', handler: 'greeter' },
        assistant: {},
      },
    },
  );
  const ada = await sendText(`${url}/agents/ada`, 'x');
  t.same(ada.artifacts?.[0]?.parts, [{ text: 'I am ada' }]);
  const cards = (await (await fetch(`${url}/agents`)).json()) as {
    agents: { name: string; description: string; defaultInputModes: string[] }[];
  };
  t.same(
    cards.agents.map(({ name, description, defaultInputModes }) => [name, description, defaultInputModes]),
    [
      ['ada', 'From code', ['text/plain']],
      ['assistant', 'Agent assistant', ['text/plain']],
      ['bob', 'From code', ['image/*']],
    ],
  );
  t.equal((await sendText(`${url}/agents/assistant`, 'Hello')).status.state, 'TASK_STATE_COMPLETED');
});
