/** `observability.tracing` (OBS-01). */
export interface TracingSettings {
  readonly enabled: boolean;
  /** `debug`: nothing leaves the process. Default `otlp`. */
  readonly exporter: 'otlp' | 'jaeger' | 'zipkin' | 'stdout' | 'debug';
  /** What OTLP is spoken over; `auto` takes HTTP for port 4318 and for an address with a path, else gRPC. */
  readonly protocol: 'auto' | 'grpc' | 'http/protobuf' | 'http/json';
  /** `host:port` or a URL. Default `localhost:4317`; zipkin `http://localhost:9411/api/v2/spans`. */
  readonly endpoint: string;
  /** Part of the traces that begin here which are kept, 0 to 1. Default 1. */
  readonly samplingRate: number;
  /** So many traces are kept in a second because their callers ask for it; beyond that, the rate decides about theirs, too. Default 100. */
  readonly callerTracesPerSecond: number;
  readonly serviceName: string;
  /** Default: Hector's own version. */
  readonly serviceVersion: string;
  /** An endpoint without a scheme is reached without TLS. Default true. */
  readonly insecure: boolean;
  /** Sent along with spans, such as a collector's key. */
  readonly headers: Readonly<Record<string, string>>;
  /** What models and tools were told and said stands on their spans, redacted and cut. Default false. */
  readonly capturePayloads: boolean;
  /** The last 1,000 spans of this process can be read by the management API. Default true. */
  readonly debugExporter: boolean;
  /** Longest wait for the collector, milliseconds. Default 10,000. */
  readonly timeoutMs: number;
}
