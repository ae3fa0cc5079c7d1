import type { HttpResponse as UwsRawResponse } from 'uWebSockets.js';
import { STATUS_CODES } from 'node:http';
import type { MaybePromise } from '../base/maybe-promise.js';
import type { ClientPresence } from './client-presence.js';
import { departedWriter } from './departed-writer.js';
import { checkHeaders, isBodyless, wantsClose } from './response-headers.js';
import type { HttpResponse, PlainResponse, StreamedResponse } from './server.js';
import { UwsStreamWriter } from './uws-stream-writer.js';

/** Writes a response to uWS: inside `cork`, and only while the client is there. */
export function respond(raw: UwsRawResponse, presence: ClientPresence, method: string, response: HttpResponse): MaybePromise<void> {
  checkHeaders(response.headers);
  if ('stream' in response) return respondStream(raw, presence, method, response);
  respondPlain(raw, presence, method, response);
}

export function respondPlain(raw: UwsRawResponse, presence: ClientPresence, method: string, response: PlainResponse): void {
  if (!presence.isPresent) return;
  presence.serve();
  raw.cork(() => {
    writeHead(raw, response);
    if (isBodyless(response.status)) {
      raw.endWithoutBody();
    } else if (method === 'HEAD') {
      // `endWithoutBody(length)` would leave uWS waiting for those bytes.
      raw.writeHeader('content-length', String(Buffer.byteLength(response.body)));
      raw.endWithoutBody();
    } else {
      raw.end(response.body, wantsClose(response.headers));
    }
  });
}

async function respondStream(raw: UwsRawResponse, presence: ClientPresence, method: string, response: StreamedResponse): Promise<void> {
  if (presence.isPresent && method === 'HEAD') {
    presence.serve();
    raw.cork(() => {
      writeHead(raw, response);
      raw.endWithoutBody();
    });
  }
  if (!presence.isPresent) return response.stream(departedWriter());
  const writer = new UwsStreamWriter(raw, presence, () => writeHead(raw, response));
  try {
    await response.stream(writer);
    await writer.end();
  } catch (error) {
    if (presence.isPresent) raw.close();
    throw error;
  }
}

function writeHead(raw: UwsRawResponse, response: HttpResponse): void {
  raw.writeStatus(STATUS_LINES[response.status] ?? String(response.status));
  for (const name in response.headers) {
    // uWS writes both itself.
    if (name === 'content-length' || (name === 'connection' && !('stream' in response))) continue;
    raw.writeHeader(name, response.headers[name] as string);
  }
}

const STATUS_LINES: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(STATUS_CODES).map(([status, text]) => [status, `${status} ${text}`]),
);
