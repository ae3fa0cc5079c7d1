/** What must not be reached, by either tool that is given URLs (TOOL-18, W-37). */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import t from 'tap';
import { REFUSED_NAMES, REFUSED_URLS } from '../../../../fixtures/web/refused-urls.js';
import { startWebPeer } from '../../../../support/web-peer.js';
import { callTool, createWebTool } from '../../../../support/web-tool.js';

const REFUSALS = ['ADDRESS_NOT_ALLOWED', 'TOOL_URL_REFUSED'];
const PUBLIC = { address: '93.184.215.14', family: 4 };

/** Names that stand in no list resolve to something public; nobody asks DNS. */
const resolveHost = async (host: string) => {
  const listed = Object.entries(REFUSED_NAMES).find(([name]) => name.toLowerCase() === host.toLowerCase())?.[1];
  if (listed !== undefined) return listed.map((address) => ({ address, family: isIP(address.split('%', 1)[0] as string) }));
  return host === 'localhost' ? await lookup(host, { all: true }) : [PUBLIC];
};

async function codeOf(work: Promise<unknown>): Promise<string> {
  return await work.then(
    (value) => `answered ${JSON.stringify(value).slice(0, 200)}`,
    (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
  );
}

for (const handler of ['web_request', 'web_fetch'])
  t.test(`${handler} asks none of the URLs and names that lead inside (TOOL-18, W-37)`, async (t) => {
    t.ok(REFUSED_URLS.length >= 60);
    const tool = createWebTool(handler, { max_retries: 0, max_execution_time: '2s' }, { resolveHost });
    for (const url of REFUSED_URLS.filter((url) => url !== ''))
      t.ok(REFUSALS.includes(await codeOf(callTool(tool, { url }))), JSON.stringify(url));
    for (const name of Object.keys(REFUSED_NAMES)) {
      t.equal(await codeOf(callTool(tool, { url: `http://${name}/` })), 'ADDRESS_NOT_ALLOWED', name);
      t.equal(await codeOf(callTool(tool, { url: `https://${name}:8443/` })), 'ADDRESS_NOT_ALLOWED', name);
    }
  });

t.test('a redirect that leads inside is not followed, in any spelling (TOOL-18)', async (t) => {
  const inner = await startWebPeer(t, (_, response) => response.end('secret'), '127.0.0.2');
  const targets = [inner.url, `http://127.0.0.2.:${inner.port}/`, `http://0x7f000002:${inner.port}/`, `//127.2:${inner.port}/`];
  targets.push(
    `http://[::ffff:127.0.0.2]:${inner.port}/`,
    'http://169.254.169.254/',
    'file:///etc/passwd',
    `http://u:p@127.0.0.2:${inner.port}/`,
  );
  for (const status of [301, 302, 303, 307, 308])
    for (const target of targets) {
      const outer = await startWebPeer(t, (_, response) => response.writeHead(status, { location: target }).end());
      const tool = createWebTool('web_fetch', { allow_private: ['127.0.0.1'], max_retries: 0 });
      t.ok(REFUSALS.includes(await codeOf(callTool(tool, { url: outer.url }))), `${status} ${target}`);
    }
  t.equal(inner.received.length, 0);
});

t.test('a name that is public when it is checked and private when it is connected to reaches nothing (TOOL-18)', async (t) => {
  const inner = await startWebPeer(t, (_, response) => response.end('secret'));
  for (const handler of ['web_request', 'web_fetch']) {
    let asked = 0;
    const rebinding = async () => [asked++ === 0 ? PUBLIC : { address: '127.0.0.1', family: 4 }];
    const tool = createWebTool(handler, { max_retries: 0 }, { resolveHost: rebinding });
    t.equal(await codeOf(callTool(tool, { url: `http://rebinding.test:${inner.port}/` })), 'ADDRESS_NOT_ALLOWED');
    t.equal(asked, 2, 'the connection asked, and what it was told was checked');
  }
  t.equal(inner.received.length, 0);
});

t.test('the connection goes to the address that was checked, whatever the name is told later (TOOL-18)', async (t) => {
  const allowed = await startWebPeer(t, (_, response) => response.end('allowed'));
  const answers = ['127.0.0.1', '127.0.0.1', '127.0.0.2'];
  const resolve = async () => [{ address: answers.shift() ?? '127.0.0.2', family: 4 }];
  const tool = createWebTool('web_request', { allow_private: ['127.0.0.1'], max_retries: 0 }, { resolveHost: resolve });
  t.match((await callTool(tool, { url: `http://name.test:${allowed.port}/` })).content, /allowed$/);
  t.equal(await codeOf(callTool(tool, { url: `http://name.test:${allowed.port}/` })), 'ADDRESS_NOT_ALLOWED');
  t.equal(allowed.received[0]?.headers.host, `name.test:${allowed.port}`);
});

t.test('a refusal says nothing of the address behind a name', async (t) => {
  const tool = createWebTool('web_fetch', {}, { resolveHost });
  const error = await callTool(tool, { url: 'http://inside.attacker.test/' }).catch((error: Error) => error);
  t.match(error, { message: /'inside\.attacker\.test' is not a public address, and tools\.web_fetch\.allow_private does not list it/ });
  t.notMatch((error as Error).message, /10\.0\.0\.7/);
});
