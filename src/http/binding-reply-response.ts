/** What a binding of `a2a/` answers, as a response of this server: the same for JSON-RPC and for HTTP+JSON. */
import type { A2aBinding } from '../a2a/binding.js';
import type { BindingReply, BindingRequest } from '../a2a/binding-reply.js';
import type { Clock } from '../base/clock.js';
import { describeError } from '../base/errors.js';
import type { ServerSettings } from '../config/settings.js';
import type { Logger } from '../observe/log.js';
import type { Drain } from './drain.js';
import type { RouteContext } from './route-context.js';
import type { HttpResponse, StreamedResponse } from './server.js';
import { pipeEvents } from './sse-stream.js';

export interface BindingPorts {
  readonly binding: A2aBinding;
  readonly limits: ServerSettings['limits'];
  readonly drain: Drain;
  readonly clock: Clock;
  readonly log: Logger;
}

export function toBindingRequest(context: RouteContext): BindingRequest {
  return new RoutedRequest(context);
}

/** A class for the reason that `MatchedRequest` is one. */
class RoutedRequest implements BindingRequest {
  readonly #context: RouteContext;
  readonly agent: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Buffer;

  constructor(context: RouteContext) {
    const { request, parameters } = context;
    this.#context = context;
    // No name is the default agent; for MCP, all of them.
    this.agent = parameters.name ?? '';
    this.headers = request.headers;
    this.query = request.query === '' ? NO_QUERY : new URLSearchParams(request.query);
    this.body = request.body;
  }

  get baseUrl(): string {
    return this.#context.baseUrl;
  }

  /** On demand: an abort signal is the dearest part of a request, and many replies never wait. */
  get signal(): AbortSignal {
    return this.#context.request.signal;
  }
}

export function toResponse(ports: BindingPorts, reply: BindingReply): HttpResponse {
  if (reply.type === 'stream') return streamReply(ports, reply);
  return { status: reply.status, headers: reply.headers, body: reply.body };
}

function streamReply({ clock, limits, drain, log }: BindingPorts, { events, headers, describeFailure }: StreamReply): StreamedResponse {
  return {
    status: 200,
    headers,
    stream: (writer) =>
      pipeEvents(writer, {
        events,
        clock,
        keepAliveMs: limits.keepAliveMs,
        maxBufferBytes: limits.maxStreamBufferBytes,
        describeFailure(error) {
          log.warn({ err: error }, `a stream failed: ${describeError(error)}`);
          return describeFailure(error);
        },
        onOpen: (reconnect) => drain.openStream(reconnect),
      }),
  };
}

/** Nobody writes to it. */
const NO_QUERY = new URLSearchParams();

type StreamReply = BindingReply & { readonly type: 'stream' };
