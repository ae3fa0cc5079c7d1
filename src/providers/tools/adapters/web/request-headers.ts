/** Headers that a model wrote: no line of its own making gets onto the wire, and none that decides about the connection. */
import type { JsonObject } from '../../../../base/json.js';
import { refused } from './url-rules.js';

export type Headers = Readonly<Record<string, string>>;

/** With names in small letters. @throws AppError `TOOL_URL_REFUSED` */
export function checkHeaders(headers: JsonObject): Headers {
  const entries = Object.entries(headers);
  if (entries.length > MAX_HEADERS) throw refused(`${entries.length} headers are too many; at most ${MAX_HEADERS}`);
  const checked = new Map<string, string>();
  for (const [written, value] of entries) {
    const name = written.toLowerCase();
    if (!TOKEN.test(name) || name.length > 200) throw refused(`'${written.slice(0, 100)}' is not the name of a header`);
    if (RESERVED.has(name) || name.startsWith('proxy-'))
      throw refused(`the header '${name}' is set by the connection itself; leave it out`);
    if (checked.has(name)) throw refused(`the header '${name}' is there twice`);
    if (typeof value !== 'string' || !VALUE.test(value) || value.length > MAX_VALUE)
      throw refused(`the value of the header '${name}' is not allowed: wanted one line of at most ${MAX_VALUE} Latin-1 characters`);
    checked.set(name, value);
  }
  return Object.fromEntries(checked);
}

/** What may go along to another origin. Everything else might be a credential, whatever its name is. */
export function headersForOtherOrigin(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => HARMLESS.has(name)));
}

/** Without those that speak of a body. */
export function withoutBodyHeaders(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('content-')));
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const MAX_HEADERS = 50;
const MAX_VALUE = 8_192;
const RESERVED: ReadonlySet<string> = new Set([
  ...['host', 'connection', 'content-length', 'transfer-encoding', 'te', 'trailer', 'upgrade', 'keep-alive', 'expect', 'http2-settings'],
  // What is decoded is decided by who decodes.
  'accept-encoding',
]);
const HARMLESS: ReadonlySet<string> = new Set(['accept', 'accept-language', 'user-agent', 'range']);
