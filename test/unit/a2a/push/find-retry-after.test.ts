import t from 'tap';
import { findRetryAfterMs } from '../../../../src/a2a/push/find-retry-after.js';

t.test('Retry-After is seconds or a date, anything else is nothing', async (t) => {
  const now = Date.parse('2030-01-01T00:00:00Z');
  t.equal(findRetryAfterMs('3', now), 3_000);
  t.equal(findRetryAfterMs(' 0 ', now), 0);
  t.equal(findRetryAfterMs('Tue, 01 Jan 2030 00:00:05 GMT', now), 5_000);
  t.equal(findRetryAfterMs('Tue, 01 Jan 2020 00:00:05 GMT', now), 0);
  for (const text of [undefined, '', 'soon', '1e9999']) t.equal(findRetryAfterMs(text, now), undefined, String(text));
});
