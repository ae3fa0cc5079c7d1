/**
 * What a client may write into paths, headers, ids and JSON, on the whole server: nothing of it reaches another path, another header, another
 * object's prototype or another file (SEC-15, Z4, E6).
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { startGuardedHector } from '../support/access-rig.js';
import { startTestHector, temporaryDirectory } from '../support/start-hector.js';

/** The bytes as they are, which no client library would send; resolves with all that comes. */
function sendRaw(url: string, head: string, body = ''): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(port), hostname, () => socket.write(`${head}\r\n\r\n${body}`));
    socket.setTimeout(1_500, () => socket.destroy());
    socket.setEncoding('latin1').on('data', (text: string) => {
      answer += text;
    });
    socket.on('close', () => resolve(answer)).on('error', reject);
  });
}

t.test('paths', { timeout: 60_000 }, async (t) => {
  const { hector, headers } = await startGuardedHector(t);
  const authorization = headers.ann['authorization'];
  const get = (path: string, extra = '') =>
    sendRaw(hector.url, `GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n${extra}accept: */*`);

  await t.test('a path that is written in another way opens no door (SEC-04, SEC-06)', async (t) => {
    for (const path of [
      ...['/health/../api/sessions', '/health/%2e%2e/api/sessions', '/health/..%2fapi/sessions', '/./api/sessions', '//api/sessions'],
      ...[
        '/api//sessions',
        '/api/sessions/',
        '/API/sessions',
        '/%61pi/sessions',
        '/api%2fsessions',
        '/api/sessions%00',
        '/api/sessions;x=/health',
      ],
      ...[
        '/health%0d%0ax-a:b',
        '/agents/clerk/../../api/sessions',
        '/agents/..%2f..%2fapi%2fsessions',
        '/agents/clerk%00/tasks',
        '/api/sessions#/health',
      ],
      ...[
        'http://evil/api/sessions',
        '/.well-known/agent-card.json/../../api/sessions',
        '/api/sessions?/health',
        '/%c0%ae%c0%ae/api/sessions',
        '/%ff',
      ],
    ]) {
      const answer = await get(path);
      t.match(answer, /^HTTP\/1\.1 (400|401|404|505) /, path);
      t.notMatch(answer, /"sessions"|x-a: b/, path);
    }
  });

  await t.test('what somebody names is in no header and no file (P11)', async (t) => {
    for (const name of ['%0d%0aset-cookie:%20a=b', '..%2f..%2fetc%2fpasswd', '%00', '%0a', '%22%3e%3cscript%3e', '%E2%80%AE']) {
      for (const path of [
        `/agents/${name}`,
        `/agents/clerk/tasks/${name}`,
        `/api/sessions/${name}`,
        `/api/sessions/${name}/artifacts/${name}`,
        `/${name}`,
      ]) {
        const answer = await get(path, `authorization: ${authorization}\r\n`);
        const [head = '', body = ''] = answer.split('\r\n\r\n');
        t.match(head, /^HTTP\/1\.1 (400|404) /, path);
        t.notMatch(head, /set-cookie|script|passwd/i, path);
        t.match(head, /content-type: application\//i, `${path}: no page`);
        t.notMatch(body, /root:/);
      }
    }
  });

  await t.test('what two readers would read differently is read by none', async (t) => {
    for (const extra of [
      'content-length: 5\r\ncontent-length: 6\r\n',
      'content-length: 5\r\ntransfer-encoding: chunked\r\n',
      'transfer-encoding: chunked, identity\r\n',
      'content-length: -1\r\n',
      'content-length: +5\r\n',
      'x-a : b\r\n',
      ' folded: b\r\n',
      'x-\0: b\r\n',
    ]) {
      const head = `POST /agents/clerk HTTP/1.1\r\nhost: localhost\r\nauthorization: ${authorization}\r\n${extra}content-type: application/json`;
      const answer = await sendRaw(hector.url, head, '0\r\n\r\nGET /api/sessions HTTP/1.1\r\nhost: localhost\r\n\r\n');
      // Whoever stands before us uses that connection for nobody else.
      const [first = '', ...others] = answer.split(/(?=HTTP\/1\.1 )/);
      if (first !== '') t.match(first, /^HTTP\/1\.1 400 [\s\S]*connection: close/i, JSON.stringify(extra));
      for (const other of others) t.match(other, /^HTTP\/1\.1 40[01] /, JSON.stringify(extra));
      t.notMatch(answer, /"sessions"/);
    }
  });
});

t.test('prototypes', { timeout: 60_000 }, async (t) => {
  const docs = join(await temporaryDirectory(t), 'docs');
  mkdirSync(docs);
  writeFileSync(join(docs, 'a.json'), '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}');
  const { url } = await startTestHector(t, {
    config: {
      llms: { default: { provider: 'offline' } },
      document_stores: { docs: { source: { type: 'directory', path: docs } } },
      tools: { todo_write: { type: 'function', handler: 'todo_write' } },
      agents: { assistant: { tools: ['todo_write'], instruction: 'Hello {__proto__?}{constructor?}{user:__proto__?}' } },
    },
  });
  const clean = () => {
    t.equal(({} as { polluted?: unknown }).polluted, undefined);
    t.same(Object.keys(Object.prototype), []);
  };
  const post = async (path: string, body: string, type = 'application/json') => {
    const response = await fetch(`${url}${path}`, { method: 'POST', headers: { 'content-type': type, 'a2a-version': '1.0' }, body });
    return { status: response.status, text: await response.text() };
  };
  const evil = '{"polluted":1,"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
  const owned = '{"polluted":1,"constructor":{"prototype":{"polluted":1}}}';
  const message = (member: string, n: number) =>
    `{"message":{"messageId":"m${n}","role":"ROLE_USER","parts":[{"text":"call todo_write {}"}],${member}}}`;
  let n = 0;
  for (const bad of [evil, owned]) {
    for (const member of [
      `"metadata":${bad}`,
      `"parts":[{"data":${bad}}]`,
      `"extensions":[],"metadata":{"a":${bad}}`,
      `"__proto__":${bad}`,
    ]) {
      const { status } = await post('/agents/assistant/message:send', message(member, n++));
      t.ok(status < 500, `${status} ${member}`);
      clean();
    }
    for (const body of [
      `{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":${bad}}`,
      `{"jsonrpc":"2.0","id":1,"method":"__proto__","params":${bad}}`,
      `[${bad}]`,
      bad,
    ]) {
      t.ok((await post('/agents/assistant', body)).status < 500, body);
      clean();
    }
    // Arguments of a tool, as a model would write them.
    const call = `call todo_write {"todos": [], "__proto__": {"polluted": 1}, "constructor": ${bad}}`;
    const { status } = await post(
      '/agents/assistant/message:send',
      JSON.stringify({ message: { messageId: `t${n++}`, role: 'ROLE_USER', parts: [{ text: call }] } }),
    );
    t.ok(status < 500);
    clean();
    for (const path of ['/api/document_stores/docs/ingest', '/api/document_stores/docs/search', '/api/tasks/x/toolCalls/y/decision'])
      t.match(String((await post(path, bad)).status), /^4/, path);
    clean();
  }
  for (const name of ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty']) {
    t.equal((await post(`/agents/${name}`, '{"jsonrpc":"2.0","id":1,"method":"GetTask","params":{"id":"x"}}')).status, 404, name);
    t.equal((await fetch(`${url}/api/document_stores/${name}`)).status, 400, name);
    t.equal((await fetch(`${url}/api/document_stores/docs/documents/${name}`)).status, 404, name);
    t.equal((await fetch(`${url}/api/sessions/${name}`)).status, 404, name);
    t.equal((await fetch(`${url}/api/sessions?${name}=1&__proto__[polluted]=1`)).status, 400, name);
  }
  clean();
});
