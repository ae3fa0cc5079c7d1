/** `server.cors` (CFG-82, API-65, API-66). */
import { duration, flag, list, type Static, section, text } from '../schema-builder.js';
import type { CorsSettings } from '../settings.js';

const TOKEN = { pattern: "^(\\*|[A-Za-z0-9!#$%&'*+.^_`|~-]+)$", 'x-form': 'the name of a header, or *' } as const;

export const CorsSchema = section(
  {
    allowed_origins: list(
      text('An origin, such as https://app.example.com, or *.', {
        pattern: '^(\\*|null|[a-z][a-z0-9+.-]*://(\\[[0-9a-f:.]+\\]|[a-z0-9._-]+)(:\\d{1,5})?)$',
        'x-form': 'scheme://host or scheme://host:port in lower case, without a path; or *',
      }),
      'Pages that may read answers. The management API and MCP are for pages of this server alone, whatever stands here.',
      { default: ['*'] },
    ),
    allowed_methods: list(text('Method.', { pattern: '^[A-Z]+$', 'x-form': 'a method in capitals' }), 'Methods that they may use.', {
      default: ['GET', 'POST', 'DELETE', 'OPTIONS'],
    }),
    allowed_headers: list(text('Header.', TOKEN), 'Headers that they may send.', {
      default: ['Content-Type', 'Authorization', 'A2A-Version', 'A2A-Extensions', 'Last-Event-ID'],
    }),
    allow_credentials: flag('They may send cookies and client certificates along; only with origins that are named.', { default: false }),
    max_age: duration('How long a browser may remember what is allowed.', { default: 600_000, maximum: 86_400_000 }),
  },
  'Web pages of other origins.',
);

export function resolveCors(cors: Static<typeof CorsSchema>): CorsSettings {
  return {
    allowedOrigins: cors.allowed_origins,
    allowedMethods: cors.allowed_methods,
    allowedHeaders: cors.allowed_headers,
    allowCredentials: cors.allow_credentials,
    maxAgeMs: cors.max_age,
  };
}
