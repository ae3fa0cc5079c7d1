/** Extensions and their negotiation (H1–H3). */
import { AppError } from '../base/errors.js';
import type { AgentSettings, ExtensionSettings } from '../config/settings.js';
import type { AgentExtension } from '../protocol/a2a.js';

/** Cursors and places in stream events (R10); precise terms in `README.md` beside this file. */
export const RELIABLE_STREAM = 'urn:hector:extension:reliable-stream:v1';

/** What the server itself brings to agents that stream. */
const OWN_EXTENSIONS: readonly AgentExtension[] = [
  {
    uri: RELIABLE_STREAM,
    description:
      'Streams carry a cursor per event (SSE id) and resume exactly there with Last-Event-ID; event metadata tells seq, epoch and cursor.',
  },
];

/** As the card declares them: the server's own, then the agent's; an agent that names one of ours adds to it. */
export function declaredExtensions({ streaming, extensions }: AgentSettings): readonly AgentExtension[] {
  const own = streaming ? OWN_EXTENSIONS : [];
  const configured = extensions.map(toExtension);
  return [
    ...own.map((extension) => ({ ...extension, ...configured.find(({ uri }) => uri === extension.uri) })),
    ...configured.filter(({ uri }) => !own.some((extension) => extension.uri === uri)),
  ];
}

function toExtension({ uri, description, required, params }: ExtensionSettings): AgentExtension {
  return {
    uri,
    ...(description === '' ? {} : { description }),
    ...(required ? { required } : {}),
    ...(params === undefined ? {} : { params }),
  };
}

const EXTENSIONS_HEADERS: readonly string[] = ['a2a-extensions'];

/**
 * The extensions that the client asks for and the agent declares; others are ignored (H2). Never another version of one (H3).
 * @param names lower-case names of the headers that list them
 */
export function activeExtensions(
  headers: Readonly<Record<string, string>>,
  agent: AgentSettings | undefined,
  names = EXTENSIONS_HEADERS,
): ReadonlySet<string> {
  if (names.every((name) => headers[name] === undefined)) return NONE;
  const wanted = names.flatMap((name) => headers[name] ?? []).join(',');
  if (wanted === '' || agent === undefined) return NONE;
  const uris = wanted.split(',').map((uri) => uri.trim());
  return new Set(
    declaredExtensions(agent)
      .map(({ uri }) => uri)
      .filter((uri) => uris.includes(uri)),
  );
}

/** H3. Throws `EXTENSION_REQUIRED` with every required extension that is not active. */
export function assertRequiredExtensions(agent: string, { extensions }: AgentSettings, active: ReadonlySet<string>): void {
  const missing = extensions.filter(({ uri, required }) => required && !active.has(uri)).map(({ uri }) => uri);
  if (missing.length === 0) return;
  throw new AppError('EXTENSION_REQUIRED', {
    message: `Agent '${agent}' requires ${missing.join(', ')}; support it and send the header A2A-Extensions: ${missing.join(', ')}`,
  });
}

/** H2: tells which ones are active. */
export function extensionHeaders(active: ReadonlySet<string>, names = EXTENSIONS_HEADERS): Readonly<Record<string, string>> {
  return active.size === 0 ? {} : Object.fromEntries(names.map((name) => [name, [...active].join(', ')]));
}

const NONE: ReadonlySet<string> = new Set();
