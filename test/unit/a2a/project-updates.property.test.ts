/**
 * R9, R10, T6: whatever happens to a run and to a subscriber, the client's text ends as the committed text.
 * Histories come from a seed; `seed` in a failure's title reproduces it.
 */
import t from 'tap';
import { projectTask, TaskView } from '../../../src/a2a/project-task.js';
import { projectUpdate, resumeUpdates, startUpdates, type UpdateState } from '../../../src/a2a/project-updates.js';
import type { StreamFrame } from '../../../src/a2a/stream-frame.js';
import type { Part, TaskState } from '../../../src/protocol/a2a.js';
import type { FollowedItem } from '../../../src/tasks/follower.js';
import {
  type Cursor,
  deltaOrder,
  formatCursor,
  parseCursor,
  type TaskDelta,
  type TaskEvent,
  type TaskEventBody,
} from '../../../src/tasks/task-event.js';
import { createRandom, type Random } from '../../support/random.js';
import { StreamClient } from '../../support/stream-client.js';

const HISTORIES = 4000;

/** The log, the kept deltas and what is announced, as the run writes them. */
class World {
  readonly taskId = 'task';
  readonly contextId = 'context';
  readonly events: TaskEvent[] = [];
  kept: TaskDelta[] = [];
  epoch = 0;
  constructor(readonly announce: (item: FollowedItem) => void) {}

  get seq(): number {
    return this.events.length;
  }

  append(epoch: number, bodies: readonly TaskEventBody[]): void {
    const added = bodies.map(
      (body, index): TaskEvent => ({
        ...body,
        taskId: this.taskId,
        contextId: this.contextId,
        seq: this.seq + 1 + index,
        epoch,
        at: 1_700_000_000_000,
      }),
    );
    this.events.push(...added);
    for (const event of added) this.announce({ type: 'event', event });
  }

  preview(delta: TaskDelta): void {
    this.kept.push(delta);
    this.announce({ type: 'delta', delta });
  }
}

/** A subscriber as `follower.ts` feeds it: events in order without a hole, deltas with losses, catch-ups with what is kept. */
class Subscriber {
  client = new StreamClient();
  readonly frames: StreamFrame[] = [];
  resumes = 0;
  #state: UpdateState | undefined;
  #queue: FollowedItem[] = [];
  #place: Cursor = { seq: 0, order: 0 };
  constructor(
    readonly world: World,
    readonly loss: number,
    readonly random: Random,
  ) {}

  push(item: FollowedItem): void {
    if (item.type === 'delta' && this.random.chance(this.loss)) return;
    this.#queue.push(item);
  }

  async attach(view = this.#viewUpTo(this.world.seq)): Promise<void> {
    this.#queue = [];
    this.#state = startUpdates(view);
    this.#place = { seq: view.seq, order: 0 };
    this.client.apply(String(view.seq), { task: view.toTask() });
    await this.catchUp();
  }

  /** The connection broke after any frame; the client comes back with the last id that it saw. */
  async resume(): Promise<void> {
    this.resumes += 1;
    this.#queue = [];
    const cursor = parseCursor(this.client.lastId) as Cursor;
    const kept = this.world.kept.filter((delta) => delta.seq === cursor.seq);
    const view = this.#viewUpTo(cursor.seq);
    const state = resumeUpdates(view, cursor, kept);
    if (state === undefined) return this.attach(view);
    this.#state = state;
    this.#place = cursor;
    await this.catchUp();
  }

  /** Takes up to `count` queued items; `cut` drops the connection after some frame in between. */
  async pull(count: number, cut: boolean): Promise<void> {
    for (let taken = 0; taken < count; taken++) {
      const item = this.#queue.shift();
      if (item === undefined) return;
      if (item.type === 'event' && item.event.seq <= this.#place.seq) continue;
      if (item.type === 'delta') {
        const { delta } = item;
        if (delta.seq !== this.#place.seq || deltaOrder(delta) <= this.#place.order) continue;
        this.#place = { seq: delta.seq, order: deltaOrder(delta) };
      }
      if (!(await this.#take(item, cut && this.random.chance(0.3)))) return this.resume();
    }
  }

  /** Overflow or a broken Redis connection: SQL again, then what is kept. */
  async catchUp(cut = false): Promise<void> {
    this.#queue = [];
    for (const event of this.world.events.slice(this.#place.seq)) await this.#take({ type: 'event', event }, false);
    const deltas = this.world.kept.filter((delta) => delta.seq === this.#place.seq);
    const newest = Math.max(0, ...deltas.map(deltaOrder));
    if (newest <= this.#place.order) return;
    this.#place = { seq: this.#place.seq, order: newest };
    if (!(await this.#take({ type: 'kept', seq: this.#place.seq, deltas }, cut))) await this.resume();
  }

  async #take(item: FollowedItem, cut: boolean): Promise<boolean> {
    if (item.type === 'event') this.#place = { seq: item.event.seq, order: 0 };
    const update = await projectUpdate(this.#state as UpdateState, item, async (artifactId, seq) =>
      this.#viewUpTo(seq).partsOf(artifactId),
    );
    this.#state = update.state;
    const applied = cut ? update.frames.slice(0, this.random.below(update.frames.length + 1)) : update.frames;
    for (const frame of applied) {
      this.client.apply(formatCursor(frame.cursor), frame.response);
      this.frames.push(frame);
    }
    return !cut;
  }

  #viewUpTo(seq: number): TaskView {
    const view = new TaskView();
    for (const event of this.world.events.slice(0, seq)) view.apply(event);
    return view;
  }
}

async function playHistory(seed: number) {
  const random = createRandom(seed);
  const subscribers: Subscriber[] = [];
  const world = new World((item) => {
    for (const subscriber of subscribers) subscriber.push(item);
  });
  world.append(0, [{ type: 'task.created', message: { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'q' }] } }]);
  world.epoch = 1;
  world.append(1, [{ type: 'status.changed', status: { state: 'TASK_STATE_WORKING' } }]);

  const join = async (loss: number) => {
    const subscriber = new Subscriber(world, loss, random);
    subscribers.push(subscriber);
    await subscriber.attach();
    return subscriber;
  };
  // Twins never lose anything and pull alike: T6 says that they see the same.
  const twins = [await join(0), await join(0)] as const;
  const writer = createWriter(world, random);
  for (let act = 0; act < 12 && !writer.isOver(); act++) {
    writer.act();
    for (const twin of twins) await twin.pull(Number.POSITIVE_INFINITY, false);
    if (random.chance(0.15)) await join(random.chance(0.5) ? 0 : 0.2);
    for (const subscriber of subscribers.slice(2)) {
      const dice = random.next();
      if (dice < 0.4) await subscriber.pull(random.below(6), random.chance(0.4));
      else if (dice < 0.55) await subscriber.resume();
      else if (dice < 0.7) await subscriber.catchUp(random.chance(0.5));
      else if (dice < 0.73) world.kept = random.chance(0.5) ? [] : world.kept.slice(1);
    }
  }
  if (!writer.isOver()) writer.end();
  for (const subscriber of subscribers) {
    await subscriber.pull(Number.POSITIVE_INFINITY, false);
    // What an announcement lost, the ticker finds; a client that broke off comes back.
    await (random.chance(0.5) ? subscriber.catchUp() : subscriber.resume());
  }
  const expected = new StreamClient();
  expected.apply(undefined, { task: projectTask(world.events) });
  const seen = twins.map(({ frames }) => JSON.stringify(frames.map(({ cursor, response }) => [cursor, response])));
  return {
    ends: subscribers.map(({ client }) => ({
      client: { ...client.content(), state: client.state },
      expected: { ...expected.content(), state: expected.state },
    })),
    frames: subscribers.reduce((sum, { frames }) => sum + frames.length, 0),
    resumes: subscribers.reduce((sum, subscriber) => sum + subscriber.resumes, 0),
    twins: seen[0] === seen[1] ? undefined : `${seen[0]} ${seen[1]}`,
  };
}

/** A worker, its successors after takeovers, and the zombie that it was before. */
function createWriter(world: World, random: Random) {
  const artifacts = ['a', 'b'];
  const written = new Set<string>();
  let n = 0;
  let base = world.seq;
  let shown = new Map<string, { text: string; count: number }>();
  let state: TaskState = 'TASK_STATE_WORKING';
  const word = () => random.pick(['x', 'yy', 'zzz', 'x', '']);

  const preview = () => {
    const artifactId = random.chance(0.75) ? 'a' : 'b';
    const text = word();
    n += 1;
    const before = shown.get(artifactId) ?? { text: '', count: 0 };
    shown.set(artifactId, { text: before.text + text, count: before.count + 1 });
    world.preview({ taskId: world.taskId, contextId: world.contextId, seq: base, epoch: world.epoch, n, artifactId, text });
  };
  const commit = (next: TaskState) => {
    const bodies: TaskEventBody[] = [];
    for (const artifactId of artifacts) {
      const before = shown.get(artifactId);
      // Usually a step commits what it previewed; sometimes nothing, more, or something else.
      if (before === undefined ? random.chance(0.8) : random.chance(0.1)) continue;
      const text = before === undefined || random.chance(0.1) ? word() : before.text + (random.chance(0.3) ? word() : '');
      const data: Part[] = random.chance(0.3) ? [{ data: { source: random.below(9) } }] : [];
      const parts: Part[] = text === '' && data.length > 0 ? data : [{ text }, ...data];
      bodies.push({
        type: 'artifact.updated',
        artifact: { artifactId, parts },
        append: written.has(artifactId) && random.chance(0.9),
        lastChunk: next !== 'TASK_STATE_WORKING',
      });
      written.add(artifactId);
    }
    if (next !== state || random.chance(0.2)) bodies.push({ type: 'status.changed', status: { state: next } });
    state = next;
    world.append(world.epoch, bodies);
    base = world.seq;
    n = 0;
    shown = new Map();
  };
  const takeOver = () => {
    world.epoch += 1;
    base = world.seq;
    n = 0;
    shown = new Map();
  };
  /** A zombie previews on under its old epoch: nobody may show it once the new one has spoken. */
  const haunt = () =>
    world.preview({
      taskId: world.taskId,
      contextId: world.contextId,
      seq: base,
      epoch: world.epoch - 1,
      n: 90 + n,
      artifactId: 'a',
      text: 'ghost',
    });
  const isOver = () => state === 'TASK_STATE_COMPLETED' || state === 'TASK_STATE_CANCELED';
  const resume = () => {
    world.append(0, [
      { type: 'message.added', message: { messageId: 'more', role: 'ROLE_USER', parts: [{ text: 'more' }] } },
      { type: 'status.changed', status: { state: 'TASK_STATE_SUBMITTED' } },
    ]);
    takeOver();
    world.append(world.epoch, [{ type: 'status.changed', status: { state: 'TASK_STATE_WORKING' } }]);
    state = 'TASK_STATE_WORKING';
    base = world.seq;
  };

  return {
    isOver,
    act() {
      const dice = random.next();
      if (state === 'TASK_STATE_INPUT_REQUIRED') return resume();
      if (dice < 0.5) for (let count = random.below(4); count >= 0; count--) preview();
      else if (dice < 0.7) commit('TASK_STATE_WORKING');
      else if (dice < 0.8) takeOver();
      else if (dice < 0.84) haunt();
      else if (dice < 0.9) commit('TASK_STATE_INPUT_REQUIRED');
      else if (dice < 0.94) this.end();
    },
    end() {
      if (random.chance(0.7) && state === 'TASK_STATE_WORKING') return commit('TASK_STATE_COMPLETED');
      world.epoch += 1;
      state = 'TASK_STATE_CANCELED';
      world.append(world.epoch, [{ type: 'status.changed', status: { state } }]);
    },
  };
}

t.test(`${HISTORIES} random histories: every client ends with exactly the committed text (R9, R10)`, async (t) => {
  let frames = 0;
  let resumes = 0;
  for (let seed = 1; seed <= HISTORIES; seed++) {
    const outcome = await playHistory(seed);
    frames += outcome.frames;
    resumes += outcome.resumes;
    for (const { client, expected } of outcome.ends) {
      if (JSON.stringify(client) !== JSON.stringify(expected)) {
        t.same(client, expected, `seed ${seed}`);
        return;
      }
    }
    if (outcome.twins !== undefined) {
      t.fail(`seed ${seed}: twins differ: ${outcome.twins}`);
      return;
    }
  }
  t.ok(frames > HISTORIES * 5 && resumes > HISTORIES / 2, `the histories were worth something: ${frames} frames, ${resumes} resumes`);
});
