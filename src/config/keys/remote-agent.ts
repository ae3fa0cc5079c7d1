import type { RemoteAgentSettings, RemoteCredentials } from '../remote-settings.js';
import { choice, duration, named, object, optional, type Static, text } from '../schema-builder.js';
import { privatePlaces } from './private-places.js';

const HTTP_URL = { pattern: '^https?://[^\\s/]+', 'x-form': 'an address that begins with http:// or https://' } as const;

const CredentialsSchema = object(
  {
    type: choice(['bearer', 'api_key', 'basic'], 'How the agent wants to be shown who calls.', { default: 'bearer' }),
    token: text('With bearer: sent as Authorization: Bearer …', { default: '', writeOnly: true }),
    api_key: text('With api_key: sent in the header that api_key_header names.', { default: '', writeOnly: true }),
    api_key_header: text('With api_key: name of the header.', {
      default: 'X-API-Key',
      pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$",
      'x-form': 'the name of an HTTP header',
    }),
    username: text('With basic: user name.', { default: '' }),
    password: text('With basic: password.', { default: '', writeOnly: true }),
  },
  'What is sent with requests to the remote agent. Default: nothing.',
);

/** Keys that only agents of `type: remote` have. */
export const REMOTE_KEYS = {
  url: optional(text('With type remote: where the agent is; its card is looked for below it.', HTTP_URL)),
  agent_card_url: optional(text('With type remote: where its card is; default: found below url.', HTTP_URL)),
  agent_card_file: optional(text('With type remote: a file that holds its card.', { minLength: 1 })),
  headers: named(text('Value of the header.', { writeOnly: true }), 'With type remote: headers of every request to it.', {
    type: 'string',
    pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$",
    maxLength: 128,
    'x-form': 'the name of an HTTP header',
  }),
  credentials: optional(CredentialsSchema),
  timeout: optional(
    duration('With type remote: longest wait for its card and for answers; default 30s.', { minimum: 1, maximum: 600_000 }),
  ),
  idle_timeout: optional(
    duration('With type remote: a stream that is silent for so long is opened anew; default 60s.', { minimum: 1, maximum: 3_600_000 }),
  ),
  max_outage: optional(
    duration('With type remote: how long it may be out of reach before the run fails; default 60s.', { minimum: 0, maximum: 86_400_000 }),
  ),
  allow_private: privatePlaces(
    'With type remote: where it may be although it is not public; loopback, private and link-local networks are refused otherwise.',
  ),
  effect: optional(
    choice(
      ['idempotent', 'once'],
      'With type remote: whether a message of unknown outcome is sent again under the same messageId, or somebody is asked; default idempotent.',
    ),
  ),
};

interface RemoteDocument {
  readonly url?: string | undefined;
  readonly agent_card_url?: string | undefined;
  readonly agent_card_file?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly credentials?: Static<typeof CredentialsSchema> | undefined;
  readonly timeout?: number | undefined;
  readonly idle_timeout?: number | undefined;
  readonly max_outage?: number | undefined;
  readonly allow_private: readonly string[];
  readonly effect?: 'idempotent' | 'once' | undefined;
}

export function resolveRemote(agent: RemoteDocument): RemoteAgentSettings {
  return {
    url: agent.url,
    agentCardUrl: agent.agent_card_url,
    agentCardFile: agent.agent_card_file,
    headers: agent.headers,
    credentials: agent.credentials === undefined ? undefined : resolveCredentials(agent.credentials),
    timeoutMs: agent.timeout ?? 30_000,
    idleTimeoutMs: agent.idle_timeout ?? 60_000,
    maxOutageMs: agent.max_outage ?? 60_000,
    allowPrivate: agent.allow_private,
    effect: agent.effect ?? 'idempotent',
  };
}

function resolveCredentials(credentials: Static<typeof CredentialsSchema>): RemoteCredentials {
  const { type, token, api_key: apiKey, api_key_header: apiKeyHeader, username, password } = credentials;
  return { type, token, apiKey, apiKeyHeader, username, password };
}
