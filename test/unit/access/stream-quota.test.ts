import t from 'tap';
import { StreamQuota } from '../../../src/access/stream-quota.js';

t.test('a caller may open as many streams as the limit, counted for itself, and a closed one makes room once', async (t) => {
  const quota = new StreamQuota(2);
  const first = quota.acquire('ann');
  quota.acquire('ann');
  quota.acquire('bob');
  t.throws(() => quota.acquire('ann'), { code: 'HTTP_TOO_MANY_STREAMS', retryAfterMs: Number });
  first();
  first();
  quota.acquire('ann');
  t.throws(() => quota.acquire('ann'), { code: 'HTTP_TOO_MANY_STREAMS' });
});
