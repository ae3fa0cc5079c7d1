/** Extensions and their negotiation (H1–H3). */
import type { AgentExtension } from '../protocol/a2a.js';

/** Cursors and places in stream events (R10); precise terms in `README.md` beside this file. */
export const RELIABLE_STREAM = 'urn:hector:extension:reliable-stream:v1';

export const SUPPORTED_EXTENSIONS: readonly AgentExtension[] = [
  {
    uri: RELIABLE_STREAM,
    description:
      'Streams carry a cursor per event (SSE id) and resume exactly there with Last-Event-ID; event metadata tells seq, epoch and cursor.',
  },
];

const EXTENSIONS_HEADER = 'a2a-extensions';

/** The extensions that the client asks for and this server has; others are ignored (H2). */
export function activeExtensions(headers: Readonly<Record<string, string>>): ReadonlySet<string> {
  const wanted = headers[EXTENSIONS_HEADER];
  if (wanted === undefined) return NONE;
  const uris = wanted.split(',').map((uri) => uri.trim());
  return new Set(SUPPORTED_EXTENSIONS.map(({ uri }) => uri).filter((uri) => uris.includes(uri)));
}

/** H2: tells which ones are active. */
export function extensionHeaders(active: ReadonlySet<string>): Readonly<Record<string, string>> {
  return active.size === 0 ? {} : { 'a2a-extensions': [...active].join(', ') };
}

const NONE: ReadonlySet<string> = new Set();
