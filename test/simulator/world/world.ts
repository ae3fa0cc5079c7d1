/** Everything that a history has one of. */

import type { CheckpointSettings } from '../../../src/config/settings.js';
import type { FeedPublisher, LeaseManager } from '../../../src/tasks/coordination.js';
import type { RecoveryStore } from '../../../src/tasks/recovery-store.js';
import type { TaskListStore } from '../../../src/tasks/task-list-store.js';
import type { TaskStore } from '../../../src/tasks/task-store.js';
import type { ToolCallStore } from '../../../src/tasks/tool-call.js';
import { Audit } from './audit.js';
import { OutsideWorld } from './outside-world.js';
import { RedisServer } from './redis-server.js';
import type { Scheduler } from './scheduler.js';
import type { SharedDatabase, SqlFaults } from './shared-database.js';

export type RunLog = TaskStore & TaskListStore & ToolCallStore & RecoveryStore;

/** A defect built in on purpose: the simulator must find it. */
export interface Mutant {
  readonly store?: (store: RunLog, parts: { readonly publisher: FeedPublisher }) => RunLog;
  readonly leases?: (leases: LeaseManager) => LeaseManager;
  /** No recovery sweep anywhere. */
  readonly withoutSweep?: boolean;
}

export interface WorldSettings {
  readonly leaseMs: number;
  readonly timeSliceMs: number;
  readonly concurrency: number;
  readonly concurrentGroups: number;
  readonly checkpoint: CheckpointSettings;
  readonly waitExpiresAfterMs: number;
}

export class World {
  readonly scheduler: Scheduler;
  readonly database: SharedDatabase;
  readonly redis: RedisServer;
  readonly audit: Audit;
  readonly outside: OutsideWorld;
  readonly settings: WorldSettings;
  readonly mutant: Mutant;
  readonly sqlFaults: SqlFaults = { refused: 0, lostAcknowledgement: 0 };
  readonly counts = new Map<string, number>();

  constructor(scheduler: Scheduler, database: SharedDatabase, settings: WorldSettings, mutant: Mutant) {
    this.scheduler = scheduler;
    this.database = database;
    this.settings = settings;
    this.mutant = mutant;
    this.audit = new Audit(database);
    this.outside = new OutsideWorld(this);
    this.redis = new RedisServer(scheduler, (channel, message) => {
      if (channel.endsWith(':feed-gap')) this.count('lost-announcement');
      this.audit.afterPublication(channel, message);
    });
  }

  count(name: string, by = 1): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + by);
  }

  note(text: string): void {
    this.scheduler.trace.add(this.scheduler.now, text);
  }
}
