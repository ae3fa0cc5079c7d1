import t from 'tap';
import { listenUrl, requestBaseUrl } from '../../../src/http/base-url.js';

const DERIVED = { publicUrl: '', trustProxy: false };

t.test('a wildcard address is never given to a client (API-26)', async (t) => {
  for (const host of ['0.0.0.0', '::', '']) t.equal(listenUrl(host, 80), 'http://127.0.0.1:80');
  t.equal(listenUrl('::1', 80), 'http://[::1]:80');
  t.equal(requestBaseUrl(DERIVED, { host: '0.0.0.0:8080' }, 'x'), 'http://127.0.0.1:8080');
});

t.test('a Host that is no host is not repeated', async (t) => {
  for (const host of [
    'evil.example/path',
    'a b',
    'user@h',
    'h:99999999',
    'h:65536',
    '[:::::]',
    '[1:2]',
    '999.999.999.999',
    'xn--a',
    '"><script>',
    '',
    'h:1:2',
  ])
    t.equal(requestBaseUrl(DERIVED, { host }, 'fallback'), 'fallback', host);
  t.equal(requestBaseUrl(DERIVED, {}, 'fallback'), 'fallback');
  t.equal(requestBaseUrl(DERIVED, { host: 'agents.example' }, 'x'), 'http://agents.example');
  t.equal(requestBaseUrl(DERIVED, { host: '[::1]:80' }, 'x'), 'http://[::1]:80');
  t.equal(
    requestBaseUrl({ publicUrl: 'https://public', trustProxy: true }, { host: 'h', 'x-forwarded-host': 'other' }, 'x'),
    'https://public',
  );
});

t.test('what a proxy says of the address counts only when it is trusted (AC9, API-26)', async (t) => {
  const headers = { host: 'inner:8080', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'agents.example' };
  t.equal(requestBaseUrl(DERIVED, headers, 'x'), 'http://inner:8080');
  const trusting = { publicUrl: '', trustProxy: true };
  t.equal(requestBaseUrl(trusting, headers, 'x'), 'https://agents.example');
  t.equal(requestBaseUrl(trusting, { host: 'inner' }, 'x'), 'http://inner');
  t.equal(requestBaseUrl(trusting, { host: 'inner', 'x-forwarded-proto': 'HTTPS, http' }, 'x'), 'https://inner');
  t.equal(
    requestBaseUrl(trusting, { ...headers, 'x-forwarded-host': 'first.example:8443, second.example' }, 'x'),
    'https://first.example:8443',
    'the one that the client spoke to',
  );
  t.equal(requestBaseUrl(trusting, { ...headers, 'x-forwarded-host': 'evil.example/path' }, 'x'), 'https://inner:8080');
  t.equal(requestBaseUrl(trusting, { ...headers, 'x-forwarded-proto': 'javascript' }, 'x'), 'http://agents.example');
});
