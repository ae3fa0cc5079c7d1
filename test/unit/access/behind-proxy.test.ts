import t from 'tap';
import type { Authenticate } from '../../../src/access/authenticate.js';
import { behindProxy } from '../../../src/access/behind-proxy.js';

t.test(
  'a caller’s address is what the trusted proxy itself has written, and without one that of the connection (SEC-11, W-105)',
  async (t) => {
    const seen: string[] = [];
    const authenticate: Authenticate = async ({ remoteAddress, path }) => {
      seen.push(`${remoteAddress} ${path}`);
      return { subject: 'anonymous', authenticated: false };
    };
    const ask = (isTrusted: boolean, forwarded?: string) =>
      behindProxy(
        authenticate,
        isTrusted,
      )({ headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }, remoteAddress: '10.0.0.1', path: '/agents' });
    await ask(false, '1.2.3.4');
    await ask(true);
    await ask(true, 'forged, 6.6.6.6,  1.2.3.4');
    await ask(true, '2001:db8::1');
    for (const broken of ['', ',', '1.2.3.4, unknown', '<script>', '1.2.3', '::ffff:', 'dead.beef', '[1.2.3.4']) await ask(true, broken);
    const own = '10.0.0.1 /agents';
    t.same(seen, [own, own, '1.2.3.4 /agents', '2001:db8::1 /agents', ...Array<string>(8).fill(own)]);
    seen.length = 0;
    for (const withPort of ['1.2.3.4:5678', '6.6.6.6:1, 1.2.3.4:9', '[2001:db8::1]:5678', '[2001:db8::1]']) await ask(true, withPort);
    t.same(
      seen,
      [...Array<string>(2).fill('1.2.3.4 /agents'), ...Array<string>(2).fill('2001:db8::1 /agents')],
      'a port tells nobody apart',
    );
  },
);
