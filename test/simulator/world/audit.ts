/**
 * The log as it grows, seen from inside the database, and what must hold after every transaction and every publication.
 *
 * Owns: a copy of each task's row and log. Does not own: what only the end can show (`final-checks.ts`).
 */

import type { TaskState } from '../../../src/protocol/a2a.js';
import { isTerminal } from '../../../src/protocol/task-state.js';
import type { TaskEvent, TaskEventBody } from '../../../src/tasks/task-event.js';
import type { SharedDatabase } from './shared-database.js';
import { checkTrees } from './tree-audit.js';

export interface Violation {
  /** R1–R12, or `rest`. */
  readonly invariant: string;
  readonly message: string;
}

export interface AuditedTask {
  readonly id: string;
  readonly context_id: string;
  readonly state: TaskState;
  readonly epoch: number;
  readonly step: number;
  readonly takes: number;
  readonly seq: number;
  readonly root_id: string | null;
  readonly origin: string | null;
}

export class Audit {
  readonly tasks = new Map<string, AuditedTask>();
  /** Each task's events as JSON, index = `seq` − 1. */
  readonly log = new Map<string, string[]>();
  violation: Violation | undefined;
  readonly #database: SharedDatabase;

  constructor(database: SharedDatabase) {
    this.#database = database;
  }

  fail(invariant: string, message: string): void {
    this.violation ??= { invariant, message };
  }

  assert(condition: boolean, invariant: string, message: () => string): void {
    if (!condition) this.fail(invariant, message());
  }

  eventsOf(taskId: string): readonly TaskEvent[] {
    return (this.log.get(taskId) ?? []).map((json) => JSON.parse(json) as TaskEvent);
  }

  /** Called after every transaction. */
  afterTransaction(): void {
    for (const row of this.#database.look<AuditedTask>(TASKS)) {
      const before = this.tasks.get(row.id);
      if (before !== undefined && before.seq === row.seq && before.epoch === row.epoch && before.step === row.step) {
        this.assert(before.state === row.state, 'R4', () => `${row.id}: ${before.state} became ${row.state} without an event`);
        continue;
      }
      this.#checkChange(before, row);
      this.#readEvents(before, row);
      this.tasks.set(row.id, row);
    }
    checkTrees(this, this.#database);
  }

  /** A message on a task's channel: every event in it must stand in the log, word by word. */
  afterPublication(channel: string, message: string): void {
    if (!channel.includes(':feed:{')) return;
    const { events = [] } = JSON.parse(message) as { events?: readonly TaskEvent[] };
    for (const event of events) {
      const known = this.log.get(event.taskId)?.[event.seq - 1];
      this.assert(known === JSON.stringify(event), 'R4', () =>
        known === undefined
          ? `event ${event.seq} of ${event.taskId} was published, and the log has none: ${JSON.stringify(event)}`
          : `event ${event.seq} of ${event.taskId} was published as ${JSON.stringify(event)}, the log has ${known}`,
      );
    }
  }

  #checkChange(before: AuditedTask | undefined, row: AuditedTask): void {
    const { id } = row;
    if (before === undefined) return;
    const change = () => `${JSON.stringify(before)} became ${JSON.stringify(row)}`;
    this.assert(!isTerminal(before.state), 'R5', () => `${id} was over and changed: ${change()}`);
    this.assert(row.epoch >= before.epoch, 'R3', () => `the epoch of ${id} went back: ${change()}`);
    this.assert(
      row.step === before.step || row.step === before.step + 1,
      'R2',
      () => `steps of ${id} were not taken one by one: ${change()}`,
    );
    this.assert(row.seq >= before.seq, 'R4', () => `the log of ${id} shrank: ${change()}`);
  }

  #readEvents(before: AuditedTask | undefined, row: AuditedTask): void {
    const log = this.log.get(row.id) ?? [];
    this.log.set(row.id, log);
    const events = this.#database.look<EventRow>(EVENTS, row.id, log.length);
    for (const { seq, epoch, created_at: at, body } of events) {
      this.assert(seq === log.length + 1, 'R4', () => `the log of ${row.id} goes on with ${seq} after ${log.length}`);
      this.assert(
        epoch >= (before?.epoch ?? 0) && epoch <= row.epoch,
        'R3',
        () => `event ${seq} of ${row.id} has epoch ${epoch}, its task ${row.epoch}`,
      );
      const event: TaskEvent = { ...(JSON.parse(body) as TaskEventBody), taskId: row.id, contextId: row.context_id, seq, epoch, at };
      log.push(JSON.stringify(event));
    }
    this.assert(log.length === row.seq, 'R4', () => `${row.id} says seq ${row.seq}, its log has ${log.length} events`);
  }
}

interface EventRow {
  readonly seq: number;
  readonly epoch: number;
  readonly created_at: number;
  readonly body: string;
}

const TASKS = 'SELECT id, context_id, state, epoch, step, takes, seq, root_id, origin FROM tasks ORDER BY id';
const EVENTS = 'SELECT seq, epoch, created_at, body FROM task_events WHERE task_id = ? AND seq > ? ORDER BY seq';
