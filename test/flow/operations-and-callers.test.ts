/**
 * Every operation of the server × everybody who may call (SEC-01…07, SEC-18, Z2, Z3, API-07): the security pass as far as identity is concerned.
 * What is in the table is the gate's business (`test/gates/operations.test.ts`).
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { newId } from '../../src/base/ids.js';
import { type AccessRig, type Headers, outcomeOf, startGuardedHector } from '../support/access-rig.js';
import type { MethodName } from '../support/grpc-rig.js';
import { type Named, OPERATION_TABLE, type OperationRow } from '../support/operation-table.js';
import { temporaryDirectory } from '../support/start-hector.js';

interface Answer {
  readonly verdict: 'unauthenticated' | 'forbidden' | 'failed' | 'answered';
  readonly text: string;
}

t.test('every operation is for whom it is for, and for nobody else', { timeout: 150_000 }, async (t) => {
  const docs = join(await temporaryDirectory(t), 'docs');
  mkdirSync(docs);
  writeFileSync(join(docs, 'a.md'), 'The ferry leaves at nine.');
  const rig = await startGuardedHector(
    t,
    {},
    {
      document_stores: { handbook: { source: { type: 'directory', path: docs } } },
      observability: { metrics: { enabled: true }, tracing: { enabled: true, exporter: 'debug' } },
    },
  );
  const { http, headers, wrong, ask } = rig;
  const task = await ask('ann');
  t.equal(task.status.state, 'TASK_STATE_INPUT_REQUIRED');
  const list = async (path: string) => (await http('GET', path, { as: headers.ann })).json();
  const named: Named = {
    task: task.id,
    session: (await list('/api/sessions')).sessions[0].id,
    trace: (await list('/api/traces')).traces[0].trace_id,
    call: (await list(`/api/checkpoints/${task.id}`)).questions[0].call_id,
  };
  const never = newId();
  // A session has the id of its first task.
  const madeUp: Named = { task: never, session: named.session === named.task ? never : newId(), trace: 'a'.repeat(32), call: named.call };
  const known = new RegExp([named.task, named.session, named.trace, task.contextId].join('|'));
  const before = JSON.stringify([await list(`/api/checkpoints/${named.task}`), await list(`/api/sessions/${named.session}`)]);
  const strangers = { bob: headers.bob, annOfAcme: headers.annOfAcme, operatorOfAcme: headers.operatorOfAcme, staff: headers.staff };
  const send = (row: OperationRow, as: Headers, what = named) => sendRow(rig, row, what, as);

  for (const row of OPERATION_TABLE) {
    const { name, door, isOwned } = row;
    const nobodys = isOwned ? (await send(row, headers.bob, madeUp)).text : '';
    for (const [who, as] of Object.entries(wrong)) {
      const isLet = door === 'open' || (door === 'look' && as['authorization'] === undefined);
      const { verdict, text } = await send(row, as);
      t.equal(verdict, isLet ? 'answered' : 'unauthenticated', `${name} as ${who}: ${text.slice(0, 200)}`);
      t.notMatch(text, known, `${name} as ${who}`);
    }
    for (const [who, as] of Object.entries(strangers)) {
      const { verdict, text } = await send(row, as);
      t.equal(verdict, door === 'operators' ? 'forbidden' : 'answered', `${name} as ${who}: ${text.slice(0, 200)}`);
      if (door === 'operators') t.match(text, /ACCESS_ROLE_MISSING/, `${name} as ${who}`);
      if (isOwned) t.equal(withNames(text, madeUp, named), nobodys, `${name} as ${who} is as if it never was`);
      else t.notMatch(text, known, `${name} as ${who}`);
    }
    if (door === 'call' && isOwned)
      t.equal(withNames((await send(row, headers.operator)).text, madeUp, named), nobodys, `${name} as an operator`);
    if (door === 'operators') t.equal((await send(row, headers.ann)).verdict, 'forbidden', `${name} as somebody without the role`);
  }
  t.equal(
    JSON.stringify([await list(`/api/checkpoints/${named.task}`), await list(`/api/sessions/${named.session}`)]),
    before,
    'nothing has happened to what is not theirs',
  );

  const destroys = ({ name }: OperationRow) => /cancel$|^DELETE|SendM|SendS|message|decision|Cancel|mcp/i.test(name);
  const owners = OPERATION_TABLE.filter(({ isOwned, door }) => isOwned || door === 'manage').sort(
    (a, b) => Number(destroys(a)) - Number(destroys(b)),
  );
  // So many spans have come since that the first one's place is taken.
  const present: Named = { ...named, trace: (await list('/api/traces')).traces[0].trace_id };
  for (const row of owners) {
    const nobodys = row.isOwned ? (await send(row, headers.bob, madeUp)).text : '';
    for (const [who, as] of Object.entries({ ...(row.door === 'manage' ? { operator: headers.operator } : {}), owner: headers.ann })) {
      const { verdict, text } = await send(row, as, present);
      t.equal(verdict, 'answered', `${row.name} as its ${who}: ${text.slice(0, 200)}`);
      // Below a tenant of the agent there is another task list; what is destroyed is gone.
      if (row.isOwned && !row.name.includes('{tenant}') && !destroys(row))
        t.not(withNames(text, madeUp, present), nobodys, `${row.name} as its ${who}: ${text.slice(0, 200)}`);
    }
  }
  for (const row of OPERATION_TABLE.filter(({ door }) => door === 'operators')) {
    const { verdict, text } = await send(row, headers.operator);
    // With the studio off, the configuration is nobody's here.
    const isOff = verdict === 'forbidden' && row.name.includes('/api/config') && text.includes('start with --studio');
    t.ok(verdict === 'answered' || isOff, `${row.name} as an operator: ${text.slice(0, 200)}`);
  }
});

async function sendRow({ http, callers }: AccessRig, row: OperationRow, named: Named, as: Headers): Promise<Answer> {
  const [kind, name] = row.name.split(' ') as [string, string];
  const body = row.body?.(named);
  if (row.path !== undefined) {
    const headers = { ...(/\/v1\/|agent\.json/.test(row.path) ? { 'a2a-version': '0.3' } : {}), ...row.headers?.(named), ...as };
    const path = row.path.replace(/<(\w+)>/g, (_, key: string) => named[key as keyof Named]);
    return toAnswer(await http(kind, path, { as: headers, body, onlyHead: true }));
  }
  if (kind === 'json-rpc-0.3')
    return toAnswer(
      await http('POST', '/agents/clerk', {
        as: { ...as, 'a2a-version': '0.3' },
        body: { jsonrpc: '2.0', id: 1, method: name, params: body },
        onlyHead: true,
      }),
    );
  const text = await outcomeOf(callers[kind as 'grpc'], name as MethodName, { ...body }, as);
  const isRefused = /"reason":"(UNAUTHENTICATED|TOKEN_INVALID)"/.test(text);
  return { verdict: isRefused ? 'unauthenticated' : /INTERNAL/.test(text) ? 'failed' : 'answered', text };
}

function toAnswer({ status, text }: { readonly status: number; readonly text: string }): Answer {
  const verdict = status === 401 ? 'unauthenticated' : status === 403 ? 'forbidden' : status >= 500 ? 'failed' : 'answered';
  return { verdict, text: text.replace(/"(requestId|messageId)":"[^"]*"/g, '"$1":""') };
}

function withNames(text: string, to: Named, from: Named): string {
  return text.replaceAll(from.task, to.task).replaceAll(from.session, to.session).replaceAll(from.trace, to.trace);
}
