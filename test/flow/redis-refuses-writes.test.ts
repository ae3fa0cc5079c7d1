/** A Redis that answers and takes nothing: everything looks well that only reads, and nothing moves. */
import { Redis } from 'ioredis';
import t from 'tap';
import { userMessage } from '../support/a2a-client.js';
import { waitFor } from '../support/coordination-steps.js';
import { startTestHector } from '../support/start-hector.js';
import { startTempRedis } from '../support/temp-redis.js';

t.test(
  'readiness, metrics and why say that Redis refuses writes, and all is well when it takes them again',
  { timeout: 60_000 },
  async (t) => {
    const redis = await startTempRedis(t);
    const hector = await startTestHector(t, {
      config: {
        agents: { assistant: {} },
        llms: { default: { provider: 'offline' } },
        redis: { url: redis.url },
        queue: { lease_ms: 500 },
        observability: { metrics: { enabled: true } },
      },
    });
    const get = async (path: string) => {
      const response = await fetch(`${hector.url}${path}`);
      const text = await response.text();
      return { status: response.status, text };
    };
    t.equal((await get('/health/ready')).status, 200);
    t.match((await get('/metrics')).text, /^hector_runs_oldest_unclaimed_seconds 0$/m);

    const client = new Redis(redis.url);
    t.teardown(() => client.disconnect());
    await client.config('SET', 'maxmemory', '1');
    const refused = await get('/health/ready');
    t.equal(refused.status, 503);
    t.match(refused.text, /Redis refuses writes: OOM command not allowed/);
    const headers = { 'content-type': 'application/json', 'a2a-version': '1.0' };
    const params = { message: userMessage('Hello'), configuration: { returnImmediately: true } };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SendMessage', params });
    const sent = (await (await fetch(`${hector.url}/agents/assistant`, { method: 'POST', headers, body })).json()) as {
      result: { task: { id: string } };
    };
    const { id } = sent.result.task;
    await waitFor(async () => /^hector_runs_oldest_unclaimed_seconds [1-9]/m.test((await get('/metrics')).text), 20_000);
    await waitFor(async () => (await get(`/api/tasks/${id}/why`)).text.includes('"redis-refuses"'), 20_000);
    t.match((await get(`/api/tasks/${id}/why`)).text, /Redis says: OOM command not allowed/);

    await client.config('SET', 'maxmemory', '0');
    await waitFor(async () => (await get('/health/ready')).status === 200, 20_000);
    await waitFor(async () => (await get(`/api/tasks/${id}/why`)).text.includes('"ended"'), 20_000);
  },
);
