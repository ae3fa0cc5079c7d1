import t from 'tap';
import { findEndpointProblem, resolveEndpoint } from '../../../../src/observe/tracing/resolve-endpoint.js';
import type { TracingSettings } from '../../../../src/observe/tracing/tracing-settings.js';

const resolve = (endpoint: string, change: Partial<TracingSettings> = {}) => {
  const { protocol, url } = resolveEndpoint({ exporter: 'otlp', protocol: 'auto', insecure: true, endpoint, ...change });
  return `${protocol} ${url}`;
};

t.test('an address says by itself how it is reached (OBS-02)', async (t) => {
  t.equal(resolve('localhost:4317'), 'grpc http://localhost:4317');
  t.equal(resolve('collector:4317', { insecure: false }), 'grpc https://collector:4317');
  t.equal(resolve('https://collector:4317'), 'grpc https://collector:4317');
  t.equal(resolve('localhost:4318'), 'http/protobuf http://localhost:4318/v1/traces');
  t.equal(resolve('http://c:4318/'), 'http/protobuf http://c:4318/v1/traces');
  t.equal(resolve('https://c.example/otlp/v1/traces'), 'http/protobuf https://c.example/otlp/v1/traces');
  t.equal(resolve('c:9999', { protocol: 'http/json' }), 'http/json http://c:9999/v1/traces');
  t.equal(resolve('c:4318', { protocol: 'grpc' }), 'grpc http://c:4318');
  t.equal(resolve('jaeger:4317', { exporter: 'jaeger' }), 'grpc http://jaeger:4317');
  t.equal(resolve('zipkin:9411', { exporter: 'zipkin' }), 'zipkin http://zipkin:9411/api/v2/spans');
  t.equal(resolve('', { exporter: 'stdout' }), 'stdout ');
  t.equal(resolve('', { exporter: 'debug' }), 'none ');
});

t.test('an address that cannot work says what to write', async (t) => {
  const problem = (endpoint: string, change: Partial<TracingSettings> = {}) =>
    findEndpointProblem({ exporter: 'otlp', protocol: 'auto', endpoint, ...change });
  t.match(
    problem('http://jaeger:14268/api/traces', { exporter: 'jaeger' }),
    /Jaeger takes OTLP: write localhost:4317 \(gRPC\) or http:\/\/localhost:4318/,
  );
  t.match(problem('ftp://x'), /wanted http: or https:/);
  t.match(problem('a b'), /is no address/);
  t.match(problem('http://c:4317/v1/traces', { protocol: 'grpc' }), /gRPC has no path/);
  t.equal(problem('localhost:4317'), undefined);
  t.equal(problem('', { exporter: 'stdout' }), undefined);
});
