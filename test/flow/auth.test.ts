/** Who may do what, on the whole server, over every binding: the security pass as far as identity is concerned (SEC-01…07, SEC-18, Z2, Z3). */
import t from 'tap';
import { newId } from '../../src/base/ids.js';
import { userMessage } from '../support/a2a-client.js';
import { ASK, furtherPaths, type Headers, OPERATIONS, outcomeOf, startGuardedHector, WEBHOOK, type Who } from '../support/access-rig.js';
import { BINDINGS } from '../support/every-binding.js';
import { callsOf, connectClient, type MethodName } from '../support/grpc-rig.js';

t.test('identity decides', { timeout: 120_000 }, async (t) => {
  const rig = await startGuardedHector(t);
  const { http, headers, wrong, callers, ask } = rig;
  const task = await ask('ann');
  t.equal(task.status.state, 'TASK_STATE_INPUT_REQUIRED');
  const create = { taskId: task.id, id: 'hook', ...WEBHOOK };
  t.ok((await callers['json-rpc'].call('CreateTaskPushNotificationConfig', create, { agent: 'clerk', headers: headers.ann })).result);
  const sessionId = (await http('GET', '/api/sessions', { as: headers.ann })).json().sessions[0].id as string;
  const seenByAnn = async () =>
    JSON.stringify([
      (await callers.grpc.call('GetTask', { id: task.id }, { agent: 'clerk', headers: headers.ann })).result,
      (await callers.rest.call('ListTaskPushNotificationConfigs', { taskId: task.id }, { agent: 'clerk', headers: headers.ann })).result,
      (await http('GET', `/api/sessions/${sessionId}`, { as: headers.ann })).json(),
      (await http('GET', `/api/checkpoints/${task.id}`, { as: headers.ann })).json(),
    ]);
  const before = await seenByAnn();

  await t.test(
    "another user's task is like one that never was, over every binding and operation (SEC-18, Z2, E7, L1, S6, K2)",
    async (t) => {
      for (const who of ['bob', 'annOfAcme', 'robot', 'staff', 'operator'] as const) {
        for (const binding of BINDINGS) {
          for (const [operation, params] of Object.entries(OPERATIONS)) {
            const missing = newId();
            const theirs = await outcomeOf(callers[binding], operation as MethodName, params(task.id), headers[who]);
            const nobodys = await outcomeOf(callers[binding], operation as MethodName, params(missing), headers[who]);
            t.equal(theirs.replaceAll(task.id, missing), nobodys, `${who}: ${operation} over ${binding}`);
            t.match(nobodys, /TASK_NOT_FOUND/);
          }
          const { result } = await callers[binding].call(
            'ListTasks',
            { contextId: task.contextId },
            { agent: 'clerk', headers: headers[who] },
          );
          t.same([result.tasks ?? [], result.totalSize ?? 0], [[], 0]);
        }
        const other = await ask(who, 'clerk', 'Hello', { contextId: task.contextId });
        t.not(other.id, task.id);
        t.notMatch(JSON.stringify(other), /refund/, 'a context of the same name is another conversation');
      }
      t.equal(await seenByAnn(), before, 'and nothing has happened to it');
    },
  );

  await t.test("another user's ids are like made-up ones in A2A 0.3, MCP and the management API (SEC-18, V5)", async (t) => {
    for (const who of ['bob', 'annOfAcme', 'operatorOfAcme'] as const) {
      const missing = newId();
      const nobodys = furtherPaths(rig, missing, missing, headers[who]);
      for (const [name, run] of Object.entries(furtherPaths(rig, task.id, sessionId, headers[who]))) {
        const [theirs, other] = [await run(), await nobodys[name]?.()];
        const text = theirs.text.replaceAll(task.id, missing).replaceAll(sessionId, missing);
        t.same(
          { status: theirs.status, text: stripIds(text) },
          { status: other?.status, text: stripIds(other?.text ?? '') },
          `${who}: ${name}`,
        );
      }
      const lists = [await http('GET', '/api/checkpoints', { as: headers[who] }), await http('GET', '/api/sessions', { as: headers[who] })];
      for (const { text } of lists) t.notMatch(text, new RegExp(`${task.id}|${sessionId}`));
      t.equal((await http('GET', '/api/checkpoints/stats', { as: headers[who] })).json().total, 0);
    }
    t.equal(await seenByAnn(), before);
  });

  await t.test('the owner does all of it (SEC-18)', async (t) => {
    for (const binding of BINDINGS) {
      t.match(await outcomeOf(callers[binding], 'GetTask', { id: task.id }, headers.ann), /INPUT_REQUIRED/);
      t.equal(await outcomeOf(callers[binding], 'SubscribeToTask', { id: task.id }, headers.ann), 'a stream');
      t.match((await callers[binding].call('ListTasks', {}, { agent: 'clerk', headers: headers.ann })).result, {
        tasks: [{ id: task.id }],
        totalSize: 1,
      });
    }
  });

  await t.test(
    'operators see everything of their tenant by the management API, and decide it for its owner (API-07, SEC-08)',
    async (t) => {
      const ofAcme = await ask('annOfAcme');
      const runs = async (who: Who) =>
        (await http('GET', '/api/checkpoints', { as: headers[who] })).json().checkpoints.map(({ task_id }: { task_id: string }) => task_id);
      const contexts = async (who: Who) =>
        (await http('GET', '/api/sessions', { as: headers[who] }))
          .json()
          .sessions.map(({ context_id }: { context_id: string }) => context_id);
      t.same((await runs('operator')).sort(), [task.id, ofAcme.id].sort());
      t.same(await runs('operatorOfAcme'), [ofAcme.id]);
      t.same(await runs('annOfAcme'), [ofAcme.id]);
      t.ok((await contexts('operator')).includes(task.contextId));
      t.ok((await contexts('operatorOfAcme')).includes(ofAcme.contextId));
      t.notOk((await contexts('operatorOfAcme')).includes((await ask('bob', 'clerk', 'Hello')).contextId));
      t.equal((await http('GET', '/api/checkpoints/stats', { as: headers.operatorOfAcme })).json().total, 1);
      t.equal((await http('GET', `/api/sessions/${sessionId}`, { as: headers.operator })).status, 200);
      const questions = (await http('GET', `/api/checkpoints/${ofAcme.id}`, { as: headers.operatorOfAcme })).json().questions;
      const decided = await http('POST', `/api/tasks/${ofAcme.id}/toolCalls/${questions[0].call_id}/decision`, {
        as: headers.operatorOfAcme,
        body: { decision: 'approve' },
      });
      t.equal(decided.status, 200, decided.text);
      t.equal((await http('GET', '/api/toolsets', { as: headers.operator })).status, 200);
      const { status, challenge, json } = await http('GET', '/api/toolsets', { as: headers.ann });
      t.match(
        { status, challenge, body: json() },
        {
          status: 403,
          challenge: 'Bearer realm="hector", error="insufficient_scope"',
          body: { error: { code: 'ACCESS_ROLE_MISSING', message: /operator, admin/ } },
        },
      );
    },
  );

  await t.test('whoever is nobody is refused with a challenge, over every binding and operation (SEC-04, Z2, Z3, E7)', async (t) => {
    for (const [name, as] of Object.entries(wrong)) {
      const reason = as['authorization'] === undefined ? 'UNAUTHENTICATED' : 'TOKEN_INVALID';
      for (const binding of BINDINGS) {
        for (const [operation, params] of Object.entries({ ...OPERATIONS, ListTasks: () => ({}), GetExtendedAgentCard: () => ({}) })) {
          const text = await outcomeOf(callers[binding], operation as MethodName, params(task.id), as);
          t.match(
            text,
            new RegExp(`"reason":"${reason}".*"status":${binding === 'grpc' ? 0 : 401}`),
            `${name}: ${operation} over ${binding}`,
          );
        }
      }
      for (const [path, run] of Object.entries(furtherPaths(rig, task.id, sessionId, as)))
        t.equal((await run()).status, 401, `${name}: ${path}`);
      const challenge =
        reason === 'UNAUTHENTICATED'
          ? /^Bearer realm="hector"$/
          : /^Bearer realm="hector", error="invalid_token", error_description="[ -~]+"$/;
      for (const path of ['/api/sessions', '/agents/clerk/tasks', '/mcp'])
        t.match(
          await http(path === '/mcp' ? 'POST' : 'GET', path, { as, body: undefined }),
          { status: 401, challenge },
          `${name}: ${path}`,
        );
    }
    const grpc = callsOf(connectClient(t, rig.hector.grpcPort as number));
    const { code, trailers } = await grpc.call('GetTask', { id: task.id, tenant: 'clerk' });
    t.same([code, trailers.get('www-authenticate')], [16, ['Bearer realm="hector"']]);
    t.equal(await seenByAnn(), before);
  });

  await t.test('agents are there for whom they are for (API-70, API-71, API-72, API-74, SEC-06, SEC-08)', async (t) => {
    const names = async (as: Headers) =>
      (await http('GET', '/agents', { as }))
        .json()
        .agents.map(({ supportedInterfaces }: { supportedInterfaces: { url: string }[] }) => supportedInterfaces[0]?.url.split('/').at(-1))
        .sort();
    t.same(await names({}), ['caller', 'clerk', 'desk']);
    t.same(await names(headers.bob), ['caller', 'clerk', 'desk', 'inner']);
    t.same(await names(headers.staff), ['caller', 'clerk', 'desk', 'inner', 'staff']);
    const status = async (agent: string, as: Headers) => (await http('GET', `/agents/${agent}`, { as })).status;
    t.same(await Promise.all(['clerk', 'inner', 'hidden', 'staff', 'never'].map((agent) => status(agent, {}))), [200, 401, 404, 404, 404]);
    t.same(
      await Promise.all(['clerk', 'inner', 'hidden', 'staff', 'never'].map((agent) => status(agent, headers.bob))),
      [200, 200, 404, 404, 404],
    );
    for (const binding of BINDINGS) {
      const refusal = async (agent: string) =>
        JSON.stringify(
          (await callers[binding].call('SendMessage', { message: userMessage('x') }, { agent, headers: headers.bob })).refused,
        ).replaceAll(agent, 'X');
      t.equal(await refusal('staff'), await refusal('never'), `over ${binding}`);
      t.equal(await refusal('hidden'), await refusal('never'), `over ${binding}`);
      t.equal((await callers[binding].call('ListTasks', {}, { agent: 'staff', headers: headers.staff })).refused, undefined);
    }
    const tools = async (as: Headers) =>
      (await http('POST', '/mcp', { as, body: { jsonrpc: '2.0', id: 1, method: 'tools/list' } }))
        .json()
        .result.tools.map(({ name }: { name: string }) => name)
        .sort();
    t.same(await tools(headers.bob), ['caller', 'clerk', 'desk', 'inner']);
    t.same(await tools(headers.staff), ['caller', 'clerk', 'desk', 'inner', 'staff']);
  });

  await t.test('an agent of other roles is neither handed over to nor called as a tool (API-74)', async (t) => {
    const handed = JSON.stringify(await ask('staff', 'desk', 'call transfer_to_staff {"request": "x"}'));
    t.match(handed, /desk\.staff/);
    const notHanded = JSON.stringify(await ask('bob', 'desk', 'call transfer_to_staff {"request": "x"}'));
    t.notMatch(notHanded, /desk\.staff/);
    t.match(JSON.stringify(await ask('staff', 'caller', 'call staff {"request": "x"}')), /caller\.staff/);
    t.notMatch(JSON.stringify(await ask('bob', 'caller', 'call staff {"request": "x"}')), /caller\.staff/);
  });

  await t.test('cards say how to log in, and the extended one is told whom it is for (API-23, X3, X4, API-01, W-58)', async (t) => {
    const card = (await http('GET', '/.well-known/agent-card.json')).json();
    t.match(card.securitySchemes, { BearerAuth: { httpAuthSecurityScheme: { scheme: 'bearer', bearerFormat: 'JWT' } } });
    t.same(card.securityRequirements, [{ schemes: { BearerAuth: { list: [] } } }]);
    const legacy = (await http('GET', '/.well-known/agent-card.json', { as: { 'a2a-version': '0.3' } })).json();
    t.same(legacy.securitySchemes, { BearerAuth: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } });
    t.same(legacy.security, [{ BearerAuth: [] }]);
    for (const binding of BINDINGS) {
      const extended = (as: Headers) => callers[binding].call('GetExtendedAgentCard', {}, { agent: 'clerk', headers: as });
      t.match((await extended(headers.ann)).result, { description: 'More about it', securitySchemes: card.securitySchemes }, binding);
      t.equal((await extended(headers.bob)).refused?.reason, 'EXTENDED_AGENT_CARD_NOT_CONFIGURED');
    }
    t.match((await http('GET', '/health')).json(), {
      status: 'ok',
      auth: { enabled: true, type: 'jwt', issuer: rig.provider.issuer, audience: 'hector-test', client_id: 'studio-web' },
    });
  });

  await t.test('keys may be exchanged without a failed request (SEC-01)', async (t) => {
    const old = headers.ann;
    await rig.provider.rotate();
    const as = { authorization: `Bearer ${await rig.provider.token({ sub: 'ann' })}` };
    t.match(await Promise.all([http('GET', '/api/sessions', { as }), http('GET', '/api/sessions', { as: old })]), [
      { status: 200 },
      { status: 200 },
    ]);
  });
});

/** What an answer makes up itself: the ids of an error and of a message. */
function stripIds(text: string): string {
  return text.replace(/"(requestId|messageId)":"[^"]*"/g, '"$1":""');
}

t.test('anonymous callers use public agents, and share nothing but them (SEC-05, API-70, L1)', { timeout: 60_000 }, async (t) => {
  const { http, ask, callers, headers } = await startGuardedHector(t, { require_auth: false });
  const first = await ask({}, 'clerk', ASK);
  for (const binding of BINDINGS) {
    t.same((await callers[binding].call('ListTasks', {}, { agent: 'clerk' })).result.tasks ?? [], [], 'nobody is told of others');
    t.match((await callers[binding].call('GetTask', { id: first.id }, { agent: 'clerk' })).result, { id: first.id });
    t.equal(
      (await callers[binding].call('GetTask', { id: first.id }, { agent: 'clerk', headers: headers.ann })).refused?.reason,
      'TASK_NOT_FOUND',
    );
    t.equal(
      (await callers[binding].call('SendMessage', { message: userMessage('x') }, { agent: 'inner' })).refused?.reason,
      'UNAUTHENTICATED',
    );
    t.equal(
      (await callers[binding].call('SendMessage', { message: userMessage('x') }, { agent: 'staff' })).refused?.reason,
      'AGENT_NOT_FOUND',
    );
    t.equal((await callers[binding].call('GetExtendedAgentCard', {}, { agent: 'clerk' })).refused?.reason, 'UNAUTHENTICATED');
    const wrong = { authorization: 'Bearer nonsense' };
    t.equal((await callers[binding].call('ListTasks', {}, { agent: 'clerk', headers: wrong })).refused?.reason, 'TOKEN_INVALID');
  }
  t.equal((await http('GET', '/api/sessions')).status, 401, 'the management API is for those who are somebody');
  const cards = (await http('GET', '/agents/clerk')).json();
  t.ok(cards.securitySchemes.BearerAuth);
  t.notOk(cards.securityRequirements, 'it may be called without');
  t.same((await http('GET', '/agents/inner', { as: headers.ann })).json().securityRequirements, [
    { schemes: { BearerAuth: { list: [] } } },
  ]);
});
