/** What calls of one protocol version have of their own beside their messages: how they tell that version and their extensions. */
import type { AgentSettings, Settings } from '../config/settings.js';
import { activeExtensions, extensionHeaders } from './extensions.js';
import { assertVersion } from './service-parameters.js';

type Headers = Readonly<Record<string, string>>;

export interface Dialect {
  /** What webhooks that such a call registers are spoken to in. */
  readonly wireVersion: '1.0' | '0.3';
  /** Throws `VERSION_NOT_SUPPORTED`. */
  readonly assertVersion: (headers: Headers, query: URLSearchParams, settings: Settings) => void;
  readonly activeExtensions: (headers: Headers, agent: AgentSettings | undefined) => ReadonlySet<string>;
  readonly extensionHeaders: (active: ReadonlySet<string>) => Headers;
}

export const CURRENT_DIALECT: Dialect = {
  wireVersion: '1.0',
  assertVersion: (headers, query, { server }) => assertVersion(headers, query, server.a2a.assumeVersion),
  activeExtensions: (headers, agent) => activeExtensions(headers, agent),
  extensionHeaders: (active) => extensionHeaders(active),
};
