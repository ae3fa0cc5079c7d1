/** Collectors of spans that speak their real wire: OTLP over HTTP (protobuf and JSON) and gRPC, and Zipkin's. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import { decodeTraceRequest, type ReceivedSpan } from './decode-otlp.js';

interface Teardown {
  teardown(run: () => unknown): unknown;
}

export interface SpanCollector {
  /** `host:port`. */
  readonly address: string;
  readonly spans: readonly ReceivedSpan[];
  /** Of each export, the newest last. */
  readonly requests: readonly { readonly path: string; readonly headers: IncomingHttpHeaders }[];
  /** Answers the next exports. Default: takes them. */
  answer: (response: ServerResponse) => void;
  /** Resolves when what was received satisfies `isEnough`. */
  until(isEnough: (spans: readonly ReceivedSpan[]) => boolean): Promise<void>;
}

export async function startHttpCollector(t: Teardown): Promise<SpanCollector> {
  const received = createReceived();
  const collector = {
    ...received,
    address: '',
    answer: (response: ServerResponse) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{}'),
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { url: path = '', headers } = request;
      const sent = Buffer.concat(chunks);
      const body = headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
      received.requests.push({ path, headers });
      collector.answer(response);
      received.add(
        path === '/api/v2/spans'
          ? readZipkin(body)
          : headers['content-type'] === 'application/json'
            ? readJson(body)
            : decodeTraceRequest(body),
      );
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return Object.assign(collector, { address: `127.0.0.1:${(server.address() as AddressInfo).port}` });
}

export async function startGrpcCollector(t: Teardown): Promise<SpanCollector> {
  const received = createReceived();
  const server = new Server();
  const asIs = (bytes: Buffer) => bytes;
  const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
  const codec = { requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs };
  server.addService(
    { export: { path, requestStream: false, responseStream: false, ...codec } },
    {
      export(call: ServerUnaryCall<Buffer, Buffer>, respond: sendUnaryData<Buffer>) {
        received.requests.push({ path, headers: call.metadata.getMap() as IncomingHttpHeaders });
        received.add(decodeTraceRequest(call.request));
        respond(null, Buffer.alloc(0));
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  t.teardown(() => server.forceShutdown());
  return { ...received, address: `127.0.0.1:${port}`, answer: () => undefined };
}

function createReceived() {
  const spans: ReceivedSpan[] = [];
  const requests: { path: string; headers: IncomingHttpHeaders }[] = [];
  const waiting = new Set<() => void>();
  return {
    spans,
    requests,
    add(more: readonly ReceivedSpan[]) {
      spans.push(...more);
      for (const look of waiting) look();
    },
    until: (isEnough: (received: readonly ReceivedSpan[]) => boolean) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (!isEnough(spans)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}

interface JsonValueOf {
  readonly key: string;
  readonly value: {
    readonly stringValue?: string;
    readonly intValue?: number;
    readonly doubleValue?: number;
    readonly boolValue?: boolean;
  };
}

interface JsonSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly JsonValueOf[];
  readonly status: { readonly code?: number };
}

interface JsonExport {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly JsonValueOf[] };
    readonly scopeSpans: readonly { readonly spans: readonly JsonSpan[] }[];
  }[];
}

function readJson(body: Buffer): ReceivedSpan[] {
  const { resourceSpans } = JSON.parse(body.toString()) as JsonExport;
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId ?? '',
        name: span.name,
        startNs: BigInt(span.startTimeUnixNano),
        endNs: BigInt(span.endTimeUnixNano),
        attributes: pairs(span.attributes),
        status: span.status.code ?? 0,
        resource: pairs(resource.attributes),
      })),
    ),
  );
}

function pairs(attributes: readonly JsonValueOf[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

interface ZipkinSpan {
  readonly traceId: string;
  readonly id: string;
  readonly parentId?: string;
  readonly name: string;
  readonly timestamp: number;
  readonly duration: number;
  readonly localEndpoint: { readonly serviceName: string };
  readonly tags: Readonly<Record<string, string>>;
}

function readZipkin(body: Buffer): ReceivedSpan[] {
  return (JSON.parse(body.toString()) as ZipkinSpan[]).map((span) => ({
    traceId: span.traceId,
    spanId: span.id,
    parentSpanId: span.parentId ?? '',
    name: span.name,
    startNs: BigInt(Math.round(span.timestamp)) * 1_000n,
    endNs: BigInt(Math.round(span.timestamp + span.duration)) * 1_000n,
    attributes: span.tags,
    status: span.tags['error'] === undefined ? 0 : 2,
    resource: { 'service.name': span.localEndpoint.serviceName },
  }));
}
