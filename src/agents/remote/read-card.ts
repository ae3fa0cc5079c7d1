/** Where and how a remote agent is called, by its card of A2A 1.0 or 0.3: pure. */
import { AppError } from '../../base/errors.js';
import { isJsonObject, type JsonObject } from '../../base/json.js';

export interface RemoteInterface {
  readonly url: URL;
  readonly binding: 'JSONRPC' | 'HTTP+JSON';
  readonly version: '1.0' | '0.3';
  /** Repeated in every request. */
  readonly tenant: string | undefined;
}

export interface RemoteCard {
  readonly interface: RemoteInterface;
  readonly streaming: boolean;
  /** Its streams can be resumed at an event (R10). */
  readonly isReliable: boolean;
}

/**
 * The first interface that can be spoken, of 1.0 before 0.3.
 * @param mayCall whether requests may go to an address; the first that may is taken.
 * @throws AppError `REMOTE_UNSUPPORTED` for a card of gRPC alone, `REMOTE_CARD_UNUSABLE` that says what the card has.
 */
export function readCard(card: unknown, mayCall: (url: URL) => boolean): RemoteCard {
  if (!isJsonObject(card)) throw unusable('it is no JSON object');
  const offered = [...currentInterfaces(card), ...legacyInterfaces(card)];
  const spoken = offered.flatMap((entry) => toInterface(entry));
  const known = [...spoken.filter(({ version }) => version === '1.0'), ...spoken.filter(({ version }) => version === '0.3')];
  const [first] = known;
  if (first === undefined) {
    if (offered.length > 0 && offered.every(({ binding }) => binding === 'GRPC'))
      throw new AppError('REMOTE_UNSUPPORTED', {
        message: 'its card offers gRPC alone, by which agents are not called; wanted JSONRPC or HTTP+JSON of version 1.0 or 0.3 beside it',
      });
    const seen = offered.map(({ binding, version }) => `${String(binding)} ${String(version)}`).join(', ');
    throw unusable(`it offers ${seen === '' ? 'no interface' : seen}; wanted JSONRPC or HTTP+JSON of version 1.0 or 0.3`);
  }
  const chosen = known.find(({ url }) => mayCall(url));
  if (chosen === undefined)
    throw unusable(
      `it wants calls at ${first.url.origin}, and headers and credentials go to the host of url alone; set url to that address if it is right`,
    );
  const capabilities = isJsonObject(card['capabilities']) ? card['capabilities'] : {};
  const extensions = listOf(capabilities['extensions']).filter(isJsonObject);
  const required = extensions.filter(({ uri, required }) => required === true && uri !== RELIABLE_STREAM).map(({ uri }) => String(uri));
  if (required.length > 0) throw unusable(`it demands extensions that are not known here: ${required.join(', ')}`);
  return {
    interface: chosen,
    streaming: capabilities['streaming'] === true,
    isReliable: chosen.version === '1.0' && extensions.some(({ uri }) => uri === RELIABLE_STREAM),
  };
}

interface Offer {
  readonly url: unknown;
  readonly binding: unknown;
  readonly version: unknown;
  readonly tenant?: unknown;
}

function currentInterfaces(card: JsonObject): readonly Offer[] {
  return listOf(card['supportedInterfaces'])
    .filter(isJsonObject)
    .map(({ url, protocolBinding, protocolVersion, tenant }) => ({ url, binding: protocolBinding, version: protocolVersion, tenant }));
}

function legacyInterfaces({ url, preferredTransport, protocolVersion, additionalInterfaces }: JsonObject): readonly Offer[] {
  if (url === undefined) return [];
  const version = protocolVersion ?? '0.3.0';
  const more = listOf(additionalInterfaces)
    .filter(isJsonObject)
    .map((entry) => ({ url: entry['url'], binding: entry['transport'], version }));
  return [{ url, binding: preferredTransport ?? 'JSONRPC', version }, ...more];
}

function toInterface({ url, binding, version, tenant }: Offer): readonly RemoteInterface[] {
  const parsed = typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined;
  const spoken = versionOf(version);
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol) || spoken === undefined) return [];
  if (binding !== 'JSONRPC' && binding !== 'HTTP+JSON') return [];
  return [{ url: parsed, binding, version: spoken, tenant: typeof tenant === 'string' && tenant !== '' ? tenant : undefined }];
}

/** Patch numbers mean nothing (AC12); 0.2 calls by the same methods as 0.3. */
function versionOf(version: unknown): RemoteInterface['version'] | undefined {
  if (typeof version !== 'string') return undefined;
  if (/^1\./.test(version)) return '1.0';
  return /^0\.[23](\.|$)/.test(version) ? '0.3' : undefined;
}

function unusable(reason: string): AppError {
  return new AppError('REMOTE_CARD_UNUSABLE', { message: `The card of the remote agent cannot be used: ${reason}` });
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export const RELIABLE_STREAM = 'urn:hector:extension:reliable-stream:v1';
