/** Cards as clients meet them: over a real server, with the official JS SDK's client. */
import { AgentCard, verifyAgentCardSignature } from '@a2a-js/sdk';
import { ClientFactory, ClientFactoryOptions, JsonRpcTransportFactory, RestTransportFactory } from '@a2a-js/sdk/client';
import t from 'tap';
import { startRestServer } from '../support/rest-rig.js';
import { signingKey } from '../support/signing-key.js';
import { agentSettings } from '../support/test-settings.js';

const extendedCard = {
  ...{ description: undefined, version: '2.0.0', documentationUrl: undefined, subjects: ['local'] },
  skills: [
    {
      id: 'refund',
      name: 'Refunds',
      description: 'Refunds',
      tags: ['shop'],
      examples: [],
      inputModes: [],
      outputModes: [],
      subjects: undefined,
    },
  ],
};

for (const transport of [new JsonRpcTransportFactory(), new RestTransportFactory()]) {
  const binding = transport.protocolName;
  t.test(`the SDK reads the card and the extended one over ${binding}, and both verify (AC2, AC9, X4, G1)`, async (t) => {
    const key = signingKey('k', 'ES256');
    const server = await startRestServer(t, {
      http: 'uws',
      agents: { helper: agentSettings({ extendedCard }) },
      // The address is the server's own here; that signatures need a configured one is a check of the configuration.
      server: { cardSigning: { keys: [key.settings] } },
    });
    const options = ClientFactoryOptions.createFrom(ClientFactoryOptions.default, {
      transports: [transport],
      preferredTransports: [binding],
    });
    const client = await new ClientFactory(options).createFromUrl(server.url);
    const verify = verifyAgentCardSignature(async () => key.publicKey);
    const card = await client.getAgentCard(undefined, verify);
    t.equal(card.version, '2.0.0');
    t.same(
      card.skills.map(({ id }) => id),
      ['helper', 'refund'],
    );
    const own = AgentCard.fromJSON(await (await fetch(`${server.url}/.well-known/agent-card.json`)).json());
    await t.resolves(verify(own));
    t.same(
      own.supportedInterfaces.map(({ url, protocolBinding }) => [protocolBinding, url]),
      ['JSONRPC', 'HTTP+JSON'].map((name) => [name, `${server.url}/agents/helper`]),
    );
  });
}

for (const http of ['uws', 'node'] as const) {
  t.test(`over ${http}: what GET /extendedAgentCard answers (X1, X2, X3, X4)`, async (t) => {
    const server = await startRestServer(t, { http, agents: { helper: agentSettings({ extendedCard }), plain: agentSettings() } });
    const { status, headers, body } = await server.ask('GET', '/extendedAgentCard');
    t.equal(status, 200);
    t.equal(body.version, '2.0.0');
    t.match(headers, { 'cache-control': /^private, max-age=\d+$/, vary: 'Authorization' });
    t.match(await server.ask('GET', '/extendedAgentCard', { agent: 'plain' }), {
      status: 400,
      body: { error: { status: 'FAILED_PRECONDITION', details: [{ reason: 'UNSUPPORTED_OPERATION' }] } },
    });
    const refused = await server.ask('GET', '/extendedAgentCard', { headers: { 'x-subject': 'bob' } });
    t.match(refused, {
      status: 400,
      body: { error: { status: 'FAILED_PRECONDITION', details: [{ reason: 'EXTENDED_AGENT_CARD_NOT_CONFIGURED' }] } },
    });
    t.notOk('cache-control' in refused.headers);
    t.match(await server.ask('GET', '/extendedAgentCard', { headers: { 'x-subject': '' } }), {
      status: 401,
      body: { error: { status: 'UNAUTHENTICATED' } },
    });
  });

  t.test(`over ${http}: a required extension is required on the paths too, and told back (H2, H3)`, async (t) => {
    const uri = 'urn:example:needed:v1';
    const extensions = [{ uri, description: '', required: true, params: undefined }];
    const server = await startRestServer(t, { http, agents: { helper: agentSettings({ extensions }) } });
    t.match(await server.ask('GET', '/tasks/x'), {
      status: 400,
      body: { error: { status: 'FAILED_PRECONDITION', details: [{ reason: 'EXTENSION_SUPPORT_REQUIRED' }] } },
    });
    const known = await server.ask('GET', '/tasks/x', { headers: { 'a2a-extensions': `urn:other, ${uri}` } });
    t.equal(known.status, 404);
    t.equal(known.headers['a2a-extensions'], uri);
  });

  t.test(
    `over ${http}: who may see which agent; one that is hidden looks like one that is not there (E7, API-70, API-71, API-72, API-73)`,
    async (t) => {
      const server = await startRestServer(t, {
        http,
        agents: {
          open: agentSettings({ name: 'Open' }),
          hidden: agentSettings({ visibility: 'private' }),
          inner: agentSettings({ visibility: 'internal', name: 'Inner' }),
        },
      });
      const names = async (subject: string) => {
        const { agents } = (await (await fetch(`${server.url}/agents`, { headers: { 'x-subject': subject } })).json()) as {
          agents: { name: string }[];
        };
        return agents.map(({ name }) => name);
      };
      t.same(await names('local'), ['Open', 'Inner'], 'without authentication everybody is the one local user, who is known');
      t.same(await names(''), ['Open']);
      for (const path of ['', '/.well-known/agent-card.json']) {
        t.match(await (await fetch(`${server.url}/agents/inner${path}`)).json(), { name: 'Inner' });
        const look = async (name: string, subject: string, method: string) => {
          const response = await fetch(`${server.url}/agents/${name}${path}`, {
            method,
            headers: { 'x-subject': subject, 'a2a-version': '1.0', ...(method === 'POST' ? { 'content-type': 'application/json' } : {}) },
            ...(method === 'POST' ? { body: '{"jsonrpc":"2.0","id":1,"method":"GetTask","params":{"id":"a"}}' } : {}),
          });
          const headers = [...response.headers].filter(([header]) => header !== 'date' && header !== 'content-length');
          return JSON.stringify([response.status, headers, (await response.text()).replaceAll(name, 'NAME')]);
        };
        for (const method of path === '' ? ['GET', 'POST'] : ['GET']) {
          const unknown = await look('nobody', 'local', method);
          t.match(unknown, /^\[404,/);
          t.equal(await look('hidden', 'local', method), unknown, `${method} of a private agent`);
          t.match(
            await look('inner', '', method),
            /^\[401,.*"www-authenticate","Bearer realm=/,
            `${method} of an internal agent by nobody`,
          );
        }
      }
      t.match(await (await fetch(`${server.url}/.well-known/agent-card.json`)).json(), { name: 'Open' }, 'API-25');
    },
  );
}
