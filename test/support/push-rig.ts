/** Processes that deliver to webhooks, as `compose.ts` puts them together, over a Redis and a SQLite of the test's own. */
import type { Test } from 'tap';
import { createDeliverPush } from '../../src/a2a/push/deliver-push.js';
import { createPushSecrets } from '../../src/a2a/push/push-secrets.js';
import { createGuardedPost } from '../../src/access/guarded-post.js';
import { createOutboundGuard } from '../../src/access/outbound-guard.js';
import { systemClock } from '../../src/base/clock.js';
import type { PushSettings } from '../../src/config/settings.js';
import { silentLogger } from '../../src/observe/log.js';
import { BullPushQueue } from '../../src/steps/push-queue.js';
import { PushSweep } from '../../src/steps/push-sweep.js';
import { PushWorker } from '../../src/steps/push-worker.js';
import { ChannelSubscriptions } from '../../src/storage/redis/channel-subscriptions.js';
import { connectRedis } from '../../src/storage/redis/connect.js';
import { RedisLeaseManager } from '../../src/storage/redis/lease-manager.js';
import { RedisPushSignals } from '../../src/storage/redis/push-signals.js';
import { SqlPushConfigStore } from '../../src/storage/sql/sql-push-config-store.js';
import { SqlTaskStore } from '../../src/storage/sql/sql-task-store.js';
import { PushMarks, withPushMarks } from '../../src/tasks/push-marks.js';
import { createSqlite } from './temp-database.js';
import { startTempRedis } from './temp-redis.js';
import { pushSettings } from './test-settings.js';

const common = { clock: systemClock, log: silentLogger };
const prefix = 'hector';

export async function startPushRig(t: Test, change: Partial<PushSettings> = {}) {
  const settings = pushSettings({ allowPrivate: ['127.0.0.0/8'], firstRetryMs: 50, maxRetryMs: 200, concurrency: 4, ...change });
  const redis = await startTempRedis(t);
  const database = await createSqlite(t);
  const connect = async () => {
    const connections = await connectRedis({ url: redis.url, role: 'test', ...common });
    t.teardown(() => connections.close());
    return connections;
  };
  const first = await database.open();
  const [tasks, configs] = [new SqlTaskStore(first), new SqlPushConfigStore(first)];

  return {
    tasks,
    configs,
    redis: await connect(),

    /** What a process that works on tasks has: a publisher that notes their news. */
    async publisher() {
      const connections = await connect();
      const queue = new BullPushQueue({ connection: connections.forQueue(), prefix, log: silentLogger });
      t.teardown(() => queue.close());
      const marks = new PushMarks(queue);
      const channels = new ChannelSubscriptions(connections.subscriber, silentLogger);
      t.teardown(() => channels.close());
      const signals = new RedisPushSignals({ client: connections.main, channels, keyPrefix: prefix, log: silentLogger });
      await signals.listen((mark) => marks.watch(mark));
      return { queue, signals, marks, publisher: withPushMarks({ async publishEvents() {}, async publishDelta() {} }, marks) };
    },

    /** A process that delivers. `turns` counts what it was asked to deliver. */
    async deliverer(options: { readonly sweepMs?: number } = {}) {
      const connections = await connect();
      const leases = new RedisLeaseManager({ client: connections.main, keyPrefix: prefix, leaseMs: 1_500, ...common });
      const guard = createOutboundGuard({ allowPrivate: settings.allowPrivate, keyPath: 'some.key' });
      const post = createGuardedPost({ guard, clock: systemClock, timeoutMs: settings.timeoutMs });
      const secrets = createPushSecrets(settings.encryptionKey);
      const opened = await database.open();
      const stores = { store: new SqlTaskStore(opened), configs: new SqlPushConfigStore(opened) };
      const deliver = createDeliverPush({ ...stores, post, secrets, settings, ...common });
      const turns = { count: 0 };
      const worker = new PushWorker({
        ...{ connection: connections.forWorker(), prefix, concurrency: settings.concurrency, leases, ...common },
        deliver(key, signal) {
          turns.count += 1;
          return deliver(key, signal);
        },
      });
      const queue = new BullPushQueue({ connection: connections.forQueue(), prefix, log: silentLogger });
      const channels = new ChannelSubscriptions(connections.subscriber, silentLogger);
      const signals = new RedisPushSignals({ client: connections.main, channels, keyPrefix: prefix, log: silentLogger });
      const sweep = new PushSweep({ store: stores.configs, queue, signals, leases, ...common, periodMs: options.sweepMs ?? 200 });
      const close = async () => {
        await sweep.close();
        await worker.close();
        await queue.close();
        channels.close();
        await leases.close();
      };
      t.teardown(close);
      return { turns, close };
    },
  };
}
