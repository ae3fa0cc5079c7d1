import t from 'tap';
import { AddressAllowance, isPublicAddress, parseNetwork } from '../../../src/access/address-rules.js';

t.test('only plainly public addresses are public (P10)', async (t) => {
  for (const address of [
    '1.1.1.1',
    '8.8.8.8',
    '93.184.216.34',
    '172.32.0.1',
    '100.128.0.1',
    '223.255.255.1',
    '2606:4700::1111',
    '2a00:1450::1',
  ]) {
    t.equal(isPublicAddress(address), true, address);
  }
  for (const address of [
    ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '100.64.0.1', '100.100.100.200', '127.0.0.1', '127.255.255.254', '169.254.169.254'],
    ...['168.63.129.16', '172.16.0.1', '172.31.255.255', '192.0.0.192', '192.0.2.1', '192.168.1.1', '198.18.0.1', '198.51.100.1'],
    ...['203.0.113.1', '224.0.0.1', '239.255.255.250', '240.0.0.1', '255.255.255.255'],
    ...[
      '::',
      '::1',
      '::ffff:127.0.0.1',
      '::ffff:8.8.8.8',
      '::127.0.0.1',
      '64:ff9b::7f00:1',
      '64:ff9b:1::1',
      '100::1',
      'fc00::1',
      'fd12::1',
    ],
    ...['fe80::1', 'fe80::1%eth0', 'fec0::1', 'ff02::1', '2001::1', '2001:db8::1', '2002:7f00:1::', '3fff::1', '5f00::1'],
    ...['', 'localhost', '1.2.3', '2130706433'],
  ]) {
    t.equal(isPublicAddress(address), false, address);
  }
});

t.test('what the configuration lists is allowed, by host, address, network or altogether', async (t) => {
  const allowance = new AddressAllowance(['Hooks.internal', '10.1.0.0/16', '192.168.7.7', 'fd00::/8']);
  for (const address of ['10.1.2.3', '192.168.7.7', 'fd12::1']) t.equal(allowance.allowsAddress(address), true, address);
  for (const address of ['10.2.0.1', '192.168.7.8', 'fe80::1', '127.0.0.1', 'nonsense'])
    t.equal(allowance.allowsAddress(address), false, address);
  t.equal(allowance.allowsHost('hooks.INTERNAL'), true);
  t.equal(allowance.allowsHost('internal'), false);
  t.equal(allowance.allowsHost('x.hooks.internal'), false);
  const everything = new AddressAllowance(['*']);
  t.equal(everything.allowsHost('a'), true);
  t.equal(everything.allowsAddress('127.0.0.1'), true);
  t.equal(new AddressAllowance([]).allowsAddress('127.0.0.1'), false);
});

t.test('networks are read, other texts are none', async (t) => {
  t.same(parseNetwork('10.0.0.0/8'), { address: '10.0.0.0', prefix: 8, family: 'ipv4' });
  t.same(parseNetwork('::1'), { address: '::1', prefix: 128, family: 'ipv6' });
  for (const text of ['10.0.0.0/33', 'fd00::/129', '10.0.0.0/8/8', '10.0.0.0/x', '10.0.0.0/', 'host', ''])
    t.equal(parseNetwork(text), undefined, text);
});
