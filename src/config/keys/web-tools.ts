/** Limits of `web_request`, `web_fetch` and `web_search` (TOOL-17, TOOL-18, TOOL-70). */

import { trimEndOf } from '../../base/trim.js';
import { choice, integer, list, optional, text } from '../schema-builder.js';
import type { WebLimits } from '../settings.js';
import { privatePlaces } from './private-places.js';
import type { ResolveContext } from './resolve-context.js';

const DOMAIN = text('A host name, or *.example.com for all that are below example.com.', {
  pattern: '^(\\*\\.)?[^\\s/:*@?#\\[\\]]+$',
  'x-form': 'a host name such as example.com, or *.example.com',
});

export const WEB_METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

export const WEB_KEYS = {
  allowed_domains: optional(list(DOMAIN, 'Only these hosts are asked. Default: every public one.')),
  denied_domains: optional(list(DOMAIN, 'These hosts are not asked; goes before allowed_domains. Default: none.')),
  allowed_methods: optional(
    list(
      choice(WEB_METHODS, 'A method of HTTP.'),
      'Methods that may be used. Without POST, PUT, PATCH and DELETE the tool is pure. Default: all.',
      {
        minItems: 1,
      },
    ),
  ),
  allow_private: optional(
    privatePlaces('What may be asked although it is not public: loopback, private and link-local networks are refused otherwise.'),
  ),
  max_request_bytes: optional(integer('Largest body that is sent, bytes. Default: 1048576.', { minimum: 0 })),
  max_response_bytes: optional(
    integer('What is read of an answer, decompressed, bytes; the rest is cut. Default: 10485760.', { minimum: 1, maximum: 104_857_600 }),
  ),
  max_redirects: optional(
    integer('Redirects that one call follows; each is checked anew. 0 = none. Default: 10.', { minimum: 0, maximum: 50 }),
  ),
  max_retries: optional(integer('Further tries of what may be repeated: GET, HEAD and OPTIONS. Default: 3.', { minimum: 0, maximum: 10 })),
  user_agent: optional(text('Default: Hector/2.0', { minLength: 1, pattern: '^[\\x20-\\x7e]*$', 'x-form': 'printable ASCII' })),
  engine: optional(choice(['tavily', 'searxng'], 'Who searches. Default: searxng with a base_url, tavily with a key.')),
  api_key: optional(text('Key of the engine. Default: TAVILY_API_KEY, for Tavily at its own address only.', { writeOnly: true })),
  base_url: optional(
    text('Address of the engine: of the SearXNG instance, or of something that speaks as Tavily does.', {
      pattern: '^$|^https?://',
      'x-form': 'an http or https URL',
    }),
  ),
};

type WebKey = keyof typeof WEB_KEYS;

const REACH: readonly WebKey[] = [
  'allowed_domains',
  'denied_domains',
  'allow_private',
  'max_response_bytes',
  'max_redirects',
  'max_retries',
  'user_agent',
];

/** Which of these limits each handler reads. */
export const WEB_HANDLERS = {
  web_request: [...REACH, 'allowed_methods', 'max_request_bytes'],
  web_fetch: REACH,
  web_search: ['engine', 'api_key', 'base_url', 'max_response_bytes', 'max_retries', 'user_agent'],
} as const satisfies Readonly<Record<string, readonly WebKey[]>>;

export const WEB_MEMBERS: Readonly<Record<WebKey, keyof WebLimits>> = {
  allowed_domains: 'allowedDomains',
  denied_domains: 'deniedDomains',
  allowed_methods: 'allowedMethods',
  allow_private: 'allowPrivate',
  max_request_bytes: 'maxRequestBytes',
  max_response_bytes: 'maxResponseBytes',
  max_redirects: 'maxRedirects',
  max_retries: 'maxRetries',
  user_agent: 'userAgent',
  engine: 'engine',
  api_key: 'apiKey',
  base_url: 'baseUrl',
};

interface WrittenWebKeys {
  readonly allowed_domains?: readonly string[];
  readonly denied_domains?: readonly string[];
  readonly allowed_methods?: readonly string[];
  readonly allow_private?: readonly string[];
  readonly max_request_bytes?: number;
  readonly max_response_bytes?: number;
  readonly max_redirects?: number;
  readonly max_retries?: number;
  readonly user_agent?: string;
  readonly engine?: 'tavily' | 'searxng';
  readonly api_key?: string;
  readonly base_url?: string;
}

export function resolveWebLimits(tool: WrittenWebKeys, { environment }: Pick<ResolveContext, 'environment'>): WebLimits {
  const baseUrl = trimEndOf(tool.base_url ?? '', '/');
  const ownKey = baseUrl === '' ? (environment['TAVILY_API_KEY'] ?? '') : '';
  const apiKey = tool.api_key ?? ownKey;
  return {
    allowedDomains: tool.allowed_domains ?? [],
    deniedDomains: tool.denied_domains ?? [],
    allowedMethods: tool.allowed_methods ?? WEB_METHODS,
    allowPrivate: tool.allow_private ?? [],
    maxRequestBytes: tool.max_request_bytes ?? 1_048_576,
    maxResponseBytes: tool.max_response_bytes ?? 10_485_760,
    maxRedirects: tool.max_redirects ?? 10,
    maxRetries: tool.max_retries ?? 3,
    userAgent: tool.user_agent ?? 'Hector/2.0',
    engine: tool.engine ?? (baseUrl !== '' ? 'searxng' : apiKey === '' ? undefined : 'tavily'),
    apiKey,
    baseUrl,
  };
}
