import t from 'tap';
import { listenUrl, requestBaseUrl } from '../../../src/http/base-url.js';

t.test('a wildcard address is never given to a client (API-26)', async (t) => {
  for (const host of ['0.0.0.0', '::', '']) t.equal(listenUrl(host, 80), 'http://127.0.0.1:80');
  t.equal(listenUrl('::1', 80), 'http://[::1]:80');
  t.equal(requestBaseUrl('', { host: '0.0.0.0:8080' }, 'x'), 'http://127.0.0.1:8080');
});

t.test('a Host that is no host is not repeated', async (t) => {
  for (const host of ['evil.example/path', 'a b', 'user@h', 'h:99999999', '"><script>', '', 'h:1:2'])
    t.equal(requestBaseUrl('', { host }, 'fallback'), 'fallback', host);
  t.equal(requestBaseUrl('', {}, 'fallback'), 'fallback');
  t.equal(requestBaseUrl('', { host: 'agents.example' }, 'x'), 'http://agents.example');
  t.equal(requestBaseUrl('', { host: '[::1]:80' }, 'x'), 'http://[::1]:80');
  t.equal(requestBaseUrl('https://public', { host: 'h' }, 'x'), 'https://public');
});
