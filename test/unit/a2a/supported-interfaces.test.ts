import t from 'tap';
import {
  type CardBinding,
  grpcBinding,
  JSON_RPC_BINDING,
  REST_BINDING,
  supportedInterfaces,
} from '../../../src/a2a/supported-interfaces.js';

t.test('interfaces come in the order of preference, each with its address, binding and version (AC9, AC10, AC11, AC12)', async (t) => {
  const bindings: readonly CardBinding[] = [
    JSON_RPC_BINDING,
    REST_BINDING,
    grpcBinding(50051, () => ''),
    // V5's declaration: another version is another entry, at the same address or not.
    { ...JSON_RPC_BINDING, protocolVersion: '0.3' },
  ];
  t.same(supportedInterfaces(bindings, 'wérner', 'https://example.com/a/b'), [
    { url: 'https://example.com/a/b/agents/w%C3%A9rner', protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
    { url: 'https://example.com/a/b/agents/w%C3%A9rner', protocolBinding: 'HTTP+JSON', protocolVersion: '1.0' },
    { url: 'example.com:50051', protocolBinding: 'GRPC', tenant: 'wérner', protocolVersion: '1.0' },
    { url: 'https://example.com/a/b/agents/w%C3%A9rner', protocolBinding: 'JSONRPC', protocolVersion: '0.3' },
  ]);
});

t.test('gRPC is at host and port, without a scheme: its own, or the one that is configured (AC11)', async (t) => {
  const urlOf = (binding: CardBinding, baseUrl: string) => supportedInterfaces([binding], 'a', baseUrl)[0]?.url;
  t.equal(
    urlOf(
      grpcBinding(7, () => ''),
      'http://[::1]:8080',
    ),
    '[::1]:7',
  );
  t.equal(
    urlOf(
      grpcBinding(7, () => 'grpc.example.com:443'),
      'https://example.com/a',
    ),
    'grpc.example.com:443',
  );
});
