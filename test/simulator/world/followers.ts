/** Clients that follow a task to its end through whichever server answers, and check everything that they see. */

import { createAgentCards } from '../../../src/a2a/agent-cards.js';
import { projectTask } from '../../../src/a2a/project-task.js';
import { readTaskView } from '../../../src/a2a/read-task.js';
import type { StreamFrame } from '../../../src/a2a/stream-frame.js';
import { subscribeToTask } from '../../../src/a2a/subscribe-to-task.js';
import { StreamQuota } from '../../../src/access/stream-quota.js';
import { AppError } from '../../../src/base/errors.js';
import { silentLogger } from '../../../src/observe/log.js';
import { isTerminal } from '../../../src/protocol/task-state.js';
import type { FollowedItem } from '../../../src/tasks/follower.js';
import { type Cursor, formatCursor } from '../../../src/tasks/task-event.js';
import { agentSettings, testSettings } from '../../support/test-settings.js';
import { ClientView } from './client-view.js';
import type { Cluster } from './cluster.js';
import { CallBroken, callServer, followStream } from './http.js';
import type { Server } from './server.js';
import type { World } from './world.js';

export interface FollowedTask {
  readonly id: string;
  readonly agent: string;
  readonly owner: string;
}

export interface FollowOptions {
  readonly world: World;
  readonly cluster: Cluster;
  readonly task: FollowedTask;
  /** How long the client takes for one frame. */
  readonly readMs: number;
}

/** A2A's stream, by cursor across servers (R4, R9, R10). `onState` hears of each status. Resolves when the task has ended. */
export async function followByStream(options: FollowOptions, onState: (view: ClientView) => void): Promise<void> {
  const { world, cluster, task, readMs } = options;
  const view = new ClientView();
  const label = `stream of ${task.id}`;
  let cursor: Cursor | undefined;
  const onFrame = (frame: StreamFrame) => {
    checkCursor(world, task.id, cursor, frame);
    if (frame.cursor.order !== UNRESUMABLE) cursor = frame.cursor;
    view.apply(frame.response);
    checkView(world, task.id, view, frame);
    if (!('artifactUpdate' in frame.response)) onState(view);
  };
  while (view.state === undefined || !isTerminal(view.state)) {
    const server = cluster.pick();
    const lastEventId = cursor === undefined ? undefined : formatCursor(cursor);
    try {
      await followStream(world, server, {
        label: `${label} from ${lastEventId ?? 'the start'}`,
        open: (at, signal) => subscribe(at, task, lastEventId, signal),
        onFrame,
        readMs,
      });
    } catch (error) {
      if (error instanceof AppError && error.code === 'OPERATION_UNSUPPORTED') {
        // It ended before this client began to follow: it reads the task.
        const read = await callServer(world, server, `read ${task.id}`, async (at) =>
          (await readTaskView(at.parts.store, task.id)).toTask(),
        ).catch(() => undefined);
        if (read !== undefined) view.replace(read);
        if (read !== undefined) onState(view);
      } else if (!isPassing(error)) world.audit.fail('R10', `${label}: ${String(error)}`);
      world.count('stream-reconnects');
      await sleep(world, 20 + 400 * world.scheduler.random.next());
    }
  }
  const { state } = view;
  const end = projectTask(world.audit.eventsOf(task.id));
  const wanted = new ClientView();
  wanted.replace(end);
  world.audit.assert(
    state === wanted.state && view.statusMessage?.messageId === wanted.statusMessage?.messageId,
    'R4',
    () => `${label} ended in ${state}, the log in ${wanted.state}`,
  );
  for (const artifactId of wanted.artifacts.keys()) {
    const [got, expected] = [view.contentOf(artifactId), wanted.contentOf(artifactId)];
    world.audit.assert(got === expected, 'R9', () => `${label} showed ${artifactId}\n${got}\nthe log has\n${expected}`);
  }
}

/** The live feed itself: every durable event once, in order, as the log has it (R4). */
export async function followByFeed(options: FollowOptions, previews: boolean): Promise<void> {
  const { world, cluster, task, readMs } = options;
  const label = `feed of ${task.id}`;
  let seq = 0;
  let isOver = false;
  const onFrame = (item: FollowedItem) => {
    if (item.type !== 'event') return;
    const { event } = item;
    world.audit.assert(event.seq === seq + 1, 'R4', () => `${label} gave event ${event.seq} after ${seq}`);
    const known = world.audit.log.get(task.id)?.[event.seq - 1];
    world.audit.assert(known === JSON.stringify(event), 'R4', () => `${label} gave ${JSON.stringify(event)}, the log has ${known}`);
    seq = event.seq;
    isOver = event.type === 'status.changed' && isTerminal(event.status.state);
  };
  while (!isOver) {
    const from = { seq, order: 0 };
    try {
      await followStream(world, cluster.pick(), {
        label: `${label} from ${seq}`,
        open: async (at, signal) => at.parts.feed.follow(task.id, from, signal, { previews }) as AsyncIterableIterator<FollowedItem, void>,
        onFrame,
        readMs,
      });
    } catch (error) {
      if (!isPassing(error)) world.audit.fail('R4', `${label}: ${String(error)}`);
    }
    if (!isOver) await sleep(world, 20 + 400 * world.scheduler.random.next());
  }
}

function subscribe(server: Server, task: FollowedTask, lastEventId: string | undefined, signal: AbortSignal) {
  const { parts, process } = server;
  const settings = () => SETTINGS;
  const cards = createAgentCards({ settings, version: '0', bindings: () => [], clock: process.clock });
  const quota = new StreamQuota(Number.MAX_SAFE_INTEGER);
  const dependencies = { ...parts, settings, cards, quota, log: silentLogger, clock: process.clock };
  return subscribeToTask(
    dependencies,
    { id: task.id },
    {
      agent: task.agent,
      agentSettings: AGENT_SETTINGS,
      principal: { subject: task.owner, authenticated: true },
      tenant: '',
      baseUrl: '',
      signal,
      extensions: new Set<string>(),
      lastEventId,
    },
  );
}

/** Each frame goes on from the one before, except for a Task, which replaces everything. */
function checkCursor(world: World, taskId: string, before: Cursor | undefined, { cursor, response }: StreamFrame): void {
  if (before === undefined || 'task' in response || cursor.order === UNRESUMABLE) return;
  // Back to the event itself: previews that nobody will commit were taken back, which `checkView` looks at.
  const isAfter = cursor.seq > before.seq || (cursor.seq === before.seq && (cursor.order === 0 || cursor.order > before.order));
  world.audit.assert(isAfter, 'R10', () => `stream of ${taskId}: ${formatCursor(cursor)} came after ${formatCursor(before)}`);
  const skipped = 'statusUpdate' in response && cursor.seq > before.seq + 1;
  const between = skipped ? world.audit.eventsOf(taskId).slice(before.seq, cursor.seq - 1) : [];
  world.audit.assert(
    between.every(({ type }) => type === 'message.added'),
    'R4',
    () => `stream of ${taskId}: after ${formatCursor(before)} came ${formatCursor(cursor)}, between them stands ${JSON.stringify(between)}`,
  );
}

/** What a client shows is what is committed up to its cursor, and after it at most a preview. */
function checkView(world: World, taskId: string, view: ClientView, { cursor }: StreamFrame): void {
  if (cursor.order === UNRESUMABLE) return;
  const committed = new ClientView();
  committed.replace(projectTask(world.audit.eventsOf(taskId).slice(0, cursor.seq)));
  const [shown, known] = [view.contentOf('response'), committed.contentOf('response')];
  const isRight = cursor.order === 0 ? shown === known : shown.startsWith(known);
  world.audit.assert(isRight, 'R9', () => `stream of ${taskId} at ${formatCursor(cursor)} shows\n${shown}\ncommitted is\n${known}`);
  world.audit.assert(
    view.state === committed.state,
    'R4',
    () => `stream of ${taskId} at ${formatCursor(cursor)} is ${view.state}, the log ${committed.state}`,
  );
}

/** Failures that a client expects of a cluster in trouble. */
export function isPassing(error: unknown): boolean {
  return error instanceof CallBroken || (error instanceof AppError && error.disposition === 'retry');
}

export function sleep(world: World, forMs: number): Promise<void> {
  return new Promise((resolve) => world.scheduler.schedule(forMs, resolve, { settles: true }));
}

const UNRESUMABLE = 1;
const AGENT_SETTINGS = agentSettings();
const SETTINGS = testSettings();
