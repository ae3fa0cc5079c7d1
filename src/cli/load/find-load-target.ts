import { AppError } from '../../base/errors.js';
import { isJsonObject, type JsonObject } from '../../base/json.js';
import { trimEndOf } from '../../base/trim.js';
import { bearer } from '../token.js';
import type { ProtocolVersion } from './a2a-exchange.js';

export interface LoadTarget {
  readonly url: URL;
  readonly version: ProtocolVersion;
  /** What the card calls the agent. */
  readonly name: string | undefined;
}

/**
 * Asks the card below `base` where the agent takes JSON-RPC, and in which version; an address without a card is taken to be that place itself.
 * Load goes only to the origin that was named: cards of servers behind a proxy name the public one.
 * @throws AppError `CLI_SERVER_UNREACHABLE`, or `CLI_SERVER_REFUSED` when the card has no JSON-RPC.
 */
export async function findLoadTarget(base: URL, token: string | undefined, signal: AbortSignal): Promise<LoadTarget> {
  const folder = `${base.origin}${trimEndOf(base.pathname, '/')}`;
  for (const name of CARD_NAMES) {
    const card = await findCard(`${folder}/.well-known/${name}`, token, signal);
    if (card === undefined) continue;
    const found = listInterfaces(card).find(({ binding }) => binding === 'JSONRPC');
    if (found === undefined || !URL.canParse(found.url))
      throw new AppError('CLI_SERVER_REFUSED', {
        message: `${folder}/.well-known/${name} names no address for JSON-RPC, which is what is measured`,
      });
    const { pathname, search } = new URL(found.url);
    const version = found.version.startsWith('0.') ? '0.3' : '1.0';
    return { url: new URL(`${pathname}${search}`, base), version, name: typeof card.name === 'string' ? card.name : undefined };
  }
  return { url: base, version: '1.0', name: undefined };
}

async function findCard(url: string, token: string | undefined, signal: AbortSignal): Promise<JsonObject | undefined> {
  try {
    const response = await fetch(url, { signal, headers: { 'a2a-version': '1.0', ...bearer(token) } });
    const card: unknown = response.ok ? await response.json().catch(() => undefined) : void (await response.body?.cancel());
    return isJsonObject(card) ? card : undefined;
  } catch (error) {
    if (signal.aborted) throw error;
    throw new AppError('CLI_SERVER_UNREACHABLE', { message: `no server answers at ${new URL(url).origin}`, cause: error });
  }
}

interface Interface {
  readonly url: string;
  readonly binding: string;
  readonly version: string;
}

/** Of A2A 1.0 as a list; of 0.3 as a preferred one and others. The first of several is preferred. */
function listInterfaces(card: JsonObject): readonly Interface[] {
  const list = (value: unknown) => (Array.isArray(value) ? value.filter(isJsonObject) : []);
  const now = list(card.supportedInterfaces).map((item) => ({
    url: String(item.url),
    binding: String(item.protocolBinding),
    version: String(item.protocolVersion ?? '1.0'),
  }));
  if (now.length > 0) return now;
  const version = String(card.protocolVersion ?? '0.3');
  const old = list(card.additionalInterfaces).map((item) => ({ url: String(item.url), binding: String(item.transport), version }));
  return [{ url: String(card.url), binding: String(card.preferredTransport ?? 'JSONRPC'), version }, ...old];
}

const CARD_NAMES = ['agent-card.json', 'agent.json'];
