/** One request of the list: address, parameters, credentials, and where in the list it asks. */
import type { JsonObject } from '../../../base/json.js';
import type { ApiAuthSettings, ApiSettings } from '../../../config/source-settings.js';
import type { SourceRequest } from '../exchange.js';

/** Where a page is: an address that the service gave, or what the parameter of the pagination says. '' = the first one. */
export interface PagePlace {
  readonly url?: string;
  readonly value: string | number;
}

export function buildRequest(api: ApiSettings, { url: next, value }: PagePlace): SourceRequest {
  const { pagination, auth } = api;
  const url = new URL(next ?? api.url);
  const paging: Record<string, string | number> = {};
  if (next === undefined) {
    for (const [name, text] of Object.entries(api.params)) url.searchParams.set(name, text);
    if (pagination !== undefined) {
      if (value !== '') paging[pagination.pageParam] = value;
      if (pagination.sizeParam !== '') paging[pagination.sizeParam] = pagination.pageSize;
    }
  }
  const inBody = pagination?.place === 'body';
  if (!inBody) for (const [name, setting] of Object.entries(paging)) url.searchParams.set(name, String(setting));
  if (auth?.type === 'apikey' && auth.place === 'query') url.searchParams.set(auth.name, auth.apiKey);
  const body: JsonObject | undefined = api.body === undefined && !inBody ? undefined : { ...api.body, ...(inBody ? paging : {}) };
  const headers = {
    accept: 'application/json',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...lowerCased(api.headers),
    ...(auth === undefined ? {} : authHeaders(auth)),
  };
  return { url, method: api.method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
}

function authHeaders(auth: ApiAuthSettings): Record<string, string> {
  switch (auth.type) {
    case 'bearer':
      return { authorization: `Bearer ${auth.token}` };
    case 'basic':
      return { authorization: `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}` };
    case 'apikey':
      return auth.place === 'header' ? { [auth.name.toLowerCase()]: auth.apiKey } : {};
  }
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
