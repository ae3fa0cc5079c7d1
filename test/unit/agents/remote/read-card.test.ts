import t from 'tap';
import { readCard } from '../../../../src/agents/remote/read-card.js';

const anywhere = () => true;
const offer = (protocolBinding: string, protocolVersion: string, more: object = {}) => ({
  url: 'https://a.example/x',
  protocolBinding,
  protocolVersion,
  ...more,
});

t.test('the first interface that can be spoken, of 1.0 before 0.3 (AC9, AC10)', (t) => {
  const cases: [object, object][] = [
    [
      { supportedInterfaces: [offer('GRPC', '1.0'), offer('HTTP+JSON', '1.0.1'), offer('JSONRPC', '1.0')] },
      { binding: 'HTTP+JSON', version: '1.0' },
    ],
    [{ supportedInterfaces: [offer('JSONRPC', '0.3'), offer('JSONRPC', '1.0', { tenant: 'me' })] }, { version: '1.0', tenant: 'me' }],
    [
      { url: 'https://a.example/', protocolVersion: '0.3.0' },
      { binding: 'JSONRPC', version: '0.3' },
    ],
    [
      {
        url: 'https://a.example/',
        preferredTransport: 'GRPC',
        protocolVersion: '0.3.0',
        additionalInterfaces: [{ url: 'https://b.example', transport: 'HTTP+JSON' }],
      },
      { binding: 'HTTP+JSON', version: '0.3' },
    ],
    [{ url: 'https://a.example/', protocolVersion: '0.2.5' }, { version: '0.3' }],
  ];
  for (const [card, wanted] of cases) t.match(readCard(card, anywhere).interface, wanted);
  const uri = 'urn:hector:extension:reliable-stream:v1';
  t.ok(
    readCard({ supportedInterfaces: [offer('JSONRPC', '1.0')], capabilities: { extensions: [{ uri, required: true }] } }, anywhere)
      .isReliable,
  );
  t.end();
});

t.test('a card that cannot be used says what it has', (t) => {
  const cases: [unknown, RegExp][] = [
    ['card', /no JSON object/],
    [{}, /no interface/],
    [{ supportedInterfaces: [offer('GRPC', '1.0'), offer('JSONRPC', '2.0')] }, /GRPC 1\.0, JSONRPC 2\.0/],
    [{ supportedInterfaces: [offer('JSONRPC', '1.0', { url: 'file:///etc/passwd' })] }, /wanted/],
    [{ supportedInterfaces: [offer('JSONRPC', '1.0')], capabilities: { extensions: [{ uri: 'urn:x', required: true }] } }, /urn:x/],
  ];
  for (const [card, message] of cases) t.throws(() => readCard(card, anywhere), { code: 'REMOTE_CARD_UNUSABLE', message });
  t.end();
});
