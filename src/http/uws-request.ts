import type { HttpRequest as UwsRawRequest, HttpResponse as UwsRawResponse } from 'uWebSockets.js';
import type { ClientPresence } from './client-presence.js';
import type { HttpRequest } from './server.js';

/**
 * A request copied out of uWS, whose own object dies with the first `await`.
 */
export class UwsRequest implements HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Record<string, string> = {};
  readonly #address: ArrayBuffer;
  #remoteAddress: string | undefined;
  body: Buffer = NO_BODY;
  /** Bytes of the head, as the header limit counts them. */
  headBytes: number;
  /** A header that must be single came twice: the sender and a proxy before us may read it differently. */
  isAmbiguous = false;
  readonly #presence: ClientPresence;

  constructor(raw: UwsRawRequest, response: UwsRawResponse, presence: ClientPresence) {
    this.#presence = presence;
    this.method = raw.getCaseSensitiveMethod();
    this.path = raw.getUrl();
    this.query = raw.getQuery() ?? '';
    this.#address = response.getRemoteAddress();
    this.headBytes = this.method.length + this.path.length + this.query.length + 14;
    raw.forEach((name, value) => {
      this.headBytes += name.length + value.length + 4;
      const earlier = this.headers[name];
      if (earlier === undefined) this.headers[name] = value;
      else if (name === 'content-length' || name === 'host' || name === 'transfer-encoding') this.isAmbiguous = true;
      else this.headers[name] = `${earlier}, ${value}`;
    });
  }

  get remoteAddress(): string {
    this.#remoteAddress ??= textOfAddress(this.#address);
    return this.#remoteAddress;
  }

  get signal(): AbortSignal {
    return this.#presence.signal;
  }

  get hasBody(): boolean {
    return this.headers['content-length'] !== undefined || this.headers['transfer-encoding'] !== undefined;
  }
}

function textOfAddress(address: ArrayBuffer): string {
  const bytes = new Uint8Array(address);
  if (bytes.length === 4) return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`;
  if (bytes.length !== 16) return '';
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[index * 2] as number) << 8) | (bytes[index * 2 + 1] as number)).toString(16),
  );
  // The URL parser writes the canonical short form.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

const NO_BODY = Buffer.alloc(0);
