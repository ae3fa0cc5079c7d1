import type { TracingSettings } from './tracing-settings.js';

export interface ResolvedEndpoint {
  readonly protocol: 'grpc' | 'http/protobuf' | 'http/json' | 'zipkin' | 'stdout' | 'none';
  /** With its scheme; HTTP with the path that the protocol has. '' = none is needed. */
  readonly url: string;
}

type Endpoint = Pick<TracingSettings, 'exporter' | 'protocol' | 'endpoint' | 'insecure'>;

/** OBS-02. The configuration has checked that the endpoint is one (`findEndpointProblem`). */
export function resolveEndpoint({ exporter, protocol, endpoint, insecure }: Endpoint): ResolvedEndpoint {
  if (exporter === 'stdout') return { protocol: 'stdout', url: '' };
  if (exporter === 'debug') return { protocol: 'none', url: '' };
  const url = new URL(hasScheme(endpoint) ? endpoint : `${insecure ? 'http' : 'https'}://${endpoint}`);
  if (exporter === 'zipkin') return { protocol: 'zipkin', url: withPath(url, '/api/v2/spans') };
  const spoken = protocol === 'auto' ? (url.port === '4318' || hasPath(url) ? 'http/protobuf' : 'grpc') : protocol;
  return { protocol: spoken, url: spoken === 'grpc' ? `${url.protocol}//${url.host}` : withPath(url, '/v1/traces') };
}

/** What is wrong with it, in words that say what to write; `undefined` = nothing. */
export function findEndpointProblem({ exporter, protocol, endpoint }: Omit<Endpoint, 'insecure'>): string | undefined {
  if (exporter === 'stdout' || exporter === 'debug') return undefined;
  const text = hasScheme(endpoint) ? endpoint : `http://${endpoint}`;
  if (!URL.canParse(text)) return `'${endpoint}' is no address; wanted host:port or a URL such as http://localhost:4318`;
  const { protocol: scheme, pathname, port } = new URL(text);
  if (scheme !== 'http:' && scheme !== 'https:') return `'${scheme}' is not spoken to collectors; wanted http: or https:`;
  if (pathname === '/api/traces' || port === '14268')
    return `'${endpoint}' takes Jaeger's own Thrift format, which is not spoken; Jaeger takes OTLP: write localhost:4317 (gRPC) or http://localhost:4318 with its host`;
  if (protocol === 'grpc' && pathname !== '/') return `gRPC has no path; write '${new URL(text).host}', or another protocol`;
  return undefined;
}

const hasScheme = (endpoint: string) => /^[a-z][a-z0-9+.-]*:\/\//i.test(endpoint);
const hasPath = (url: URL) => url.pathname !== '/';

function withPath(url: URL, path: string): string {
  return hasPath(url) ? url.href : `${url.origin}${path}${url.search}`;
}
