/**
 * What the SDK fetches with. The address of the server is the configuration's; everything else (where it redirects to, the authorization server
 * that it names) is the server's word, which must lead nowhere that only this machine can reach.
 */
import type { FetchLike } from '@modelcontextprotocol/sdk/shared/transport.js';
import { createGuardedRequest } from '../../../../access/guarded-request.js';
import { createOutboundGuard, hostOf } from '../../../../access/outbound-guard.js';
import { HttpStatusError } from './watch-answers.js';

export interface GuardedFetchOptions {
  /** Key in `tools`. */
  readonly name: string;
  /** Of the server. */
  readonly url: URL;
  /** Of tokens, as configured; '' = whoever the server names. */
  readonly issuer: string;
}

export function createGuardedFetch({ name, url: server, issuer }: GuardedFetchOptions): FetchLike {
  const trusted = [server, ...(URL.canParse(issuer) ? [new URL(issuer)] : [])].map(hostOf);
  const guard = createOutboundGuard({ allowPrivate: trusted, keyPath: `tools.${name}.oauth.issuer` });
  const ask = createGuardedRequest(guard);

  const askOther: FetchLike = async (target, init = {}) => {
    const { body } = init;
    const bounds = [AbortSignal.timeout(TIMEOUT_MS), ...(init.signal === undefined || init.signal === null ? [] : [init.signal])];
    const answer = await ask(
      {
        url: new URL(target),
        method: init.method ?? 'GET',
        headers: Object.fromEntries(new Headers(init.headers)),
        ...(body === undefined || body === null ? {} : { body: String(body) }),
      },
      { maxBytes: MAX_BYTES, signal: AbortSignal.any(bounds) },
    );
    const headers = Object.entries(answer.headers).flatMap(([key, value]): [string, string][] =>
      typeof value === 'string' && !CODINGS.has(key) ? [[key, value]] : [],
    );
    const isEmpty = answer.status === 204 || answer.status === 205 || answer.status === 304;
    return new Response(isEmpty ? null : new Uint8Array(answer.body), { status: answer.status, headers });
  };

  return async (first, init) => {
    let target = new URL(first);
    for (let hops = 0; ; hops++) {
      if (target.origin !== server.origin) return askOther(target, init);
      const response = await fetch(target, { ...init, redirect: 'manual' });
      const location = response.headers.get('location');
      if (response.status < 300 || response.status >= 400 || response.status === 304 || location === null) return response;
      await response.body?.cancel();
      const next = URL.canParse(location, target.href) ? new URL(location, target) : undefined;
      const keepsBody = (init?.method ?? 'GET') === 'GET' || response.status === 307 || response.status === 308;
      if (next === undefined || next.origin !== server.origin || !keepsBody || hops >= MAX_REDIRECTS)
        throw new HttpStatusError(
          response.status,
          `it redirects to ${location.slice(0, 200)}; give tools.${name}.url the address that it leads to`,
        );
      target = next;
    }
  };
}

/** They are gone from the body. */
const CODINGS: ReadonlySet<string> = new Set(['content-encoding', 'content-length', 'transfer-encoding']);
const MAX_BYTES = 1_048_576;
const MAX_REDIRECTS = 3;
const TIMEOUT_MS = 30_000;
