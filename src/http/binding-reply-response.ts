/** What a binding of `a2a/` answers, as a response of this server: the same for JSON-RPC and for HTTP+JSON. */
import type { A2aBinding } from '../a2a/binding.js';
import type { BindingReply, BindingRequest } from '../a2a/binding-reply.js';
import type { Principal } from '../access/principal.js';
import type { StreamQuota } from '../access/stream-quota.js';
import type { Clock } from '../base/clock.js';
import { describeError } from '../base/errors.js';
import type { ServerSettings } from '../config/settings.js';
import type { Logger } from '../observe/log.js';
import { departedWriter } from './departed-writer.js';
import type { Drain } from './drain.js';
import type { RouteContext } from './route-context.js';
import type { HttpResponse, StreamedResponse } from './server.js';
import { pipeEvents } from './sse-stream.js';

export interface BindingPorts {
  readonly binding: A2aBinding;
  readonly limits: ServerSettings['limits'];
  readonly quota: StreamQuota;
  readonly drain: Drain;
  readonly clock: Clock;
  readonly log: Logger;
}

export function toBindingRequest({ request, parameters, baseUrl }: RouteContext): BindingRequest {
  return {
    // No name is the default agent; for MCP, all of them.
    agent: parameters.name ?? '',
    headers: request.headers,
    query: new URLSearchParams(request.query),
    body: request.body,
    baseUrl,
    // On demand: an abort signal is the dearest part of a request, and many replies never wait.
    get signal() {
      return request.signal;
    },
  };
}

/** @throws AppError `HTTP_TOO_MANY_STREAMS`, with the stream's subscription let go. */
export async function toResponse(ports: BindingPorts, reply: BindingReply, principal: Principal): Promise<HttpResponse> {
  if (reply.type === 'stream') return streamReply(ports, reply, principal);
  return { status: reply.status, headers: { 'content-type': 'application/json', ...reply.headers }, body: reply.body };
}

async function streamReply(ports: BindingPorts, reply: BindingReply & { type: 'stream' }, principal: Principal): Promise<StreamedResponse> {
  let release: () => void;
  try {
    release = ports.quota.acquire(principal.subject);
  } catch (error) {
    await pipeEvents(departedWriter(), { ...streamOptions(ports, reply) });
    throw error;
  }
  return {
    status: 200,
    headers: { 'content-type': EVENT_STREAM, 'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no', ...reply.headers },
    stream: async (writer) => {
      try {
        await pipeEvents(writer, { ...streamOptions(ports, reply), onOpen: (reconnect) => ports.drain.openStream(reconnect) });
      } finally {
        release();
      }
    },
  };
}

function streamOptions({ clock, limits, log }: BindingPorts, reply: BindingReply & { type: 'stream' }) {
  return {
    events: reply.events,
    clock,
    keepAliveMs: limits.keepAliveMs,
    maxBufferBytes: limits.maxStreamBufferBytes,
    describeFailure: (error: unknown) => {
      log.warn({ err: error }, `a stream failed: ${describeError(error)}`);
      return reply.describeFailure?.(error) ?? BARE_FAILURE;
    },
  };
}

export const EVENT_STREAM = 'text/event-stream';
const BARE_FAILURE = '{"jsonrpc":"2.0","id":null,"error":{"code":-32603,"message":"Internal error"}}';
