/**
 * Pure, one state per subscriber: what a follower yields becomes the frames that a client gets, such that its text
 * is always right (R9) and every cursor it holds can be resumed (R10).
 *
 * Invariants:
 * - U1 A client that applies append and replace as A2A says holds, for each artifact, what is committed plus the
 *   previews in `run`; once the task has ended, exactly what is committed.
 * - U2 `run` is always the deltas 1…n of one (base, epoch) without a hole; what would make a hole is not shown.
 * - U3 A frame's cursor is clean only if the client's state after it follows from the cursor alone; otherwise it is
 *   `UNRESUMABLE`, and resuming there begins with a Task.
 */
import type { Artifact, Part, StreamResponse } from '../protocol/a2a.js';
import { isInterrupted, isTerminal } from '../protocol/task-state.js';
import type { FollowedItem } from '../tasks/follower.js';
import { type Cursor, deltaOrder, parseDeltaOrder, type TaskDelta, type TaskEvent } from '../tasks/task-event.js';
import { projectTask, type TaskView, wireStatus } from './project-task.js';
import type { StreamFrame } from './stream-frame.js';

export interface UpdateState {
  readonly taskId: string;
  readonly contextId: string;
  /** Newest durable event shown. */
  readonly seq: number;
  /** Highest epoch seen; what an older one still says is void (R3). */
  readonly epoch: number;
  /** Artifacts with committed parts. */
  readonly committed: ReadonlySet<string>;
  /** Previews that the client shows and no commit has covered yet. */
  readonly run: PreviewRun | undefined;
}

interface PreviewRun {
  /** `seq` that the deltas stand after. */
  readonly base: number;
  readonly epoch: number;
  /** Last delta shown. */
  readonly n: number;
  /** Preview text by artifact. */
  readonly texts: ReadonlyMap<string, string>;
}

/** Parts committed to an artifact by events up to and including `seq`. */
export type CommittedParts = (artifactId: string, seq: number) => Promise<readonly Part[]>;

export interface Update {
  readonly state: UpdateState;
  readonly frames: readonly StreamFrame[];
}

type Draft = Pick<StreamFrame, 'response' | 'shared'>;

/** No delta has epoch 0, so no kept list ever holds this place (U3). */
const UNRESUMABLE = 1;

/** The state of a client that was just given this view as a Task. */
export function startUpdates(view: TaskView): UpdateState {
  const { taskId, contextId, seq, epoch } = view;
  return { taskId, contextId, seq, epoch, committed: new Set(view.artifactIds), run: undefined };
}

/**
 * The state of a client that stopped at `cursor`; `view` holds the events up to it, `kept` the deltas still kept
 * after it. `undefined` when the previews that it shows are no longer known: give it the view as a Task.
 */
export function resumeUpdates(view: TaskView, cursor: Cursor, kept: readonly TaskDelta[]): UpdateState | undefined {
  const state = startUpdates(view);
  if (cursor.order === 0) return state;
  const { epoch, n } = parseDeltaOrder(cursor.order);
  const shown = unbroken(kept, cursor.seq, epoch).slice(0, n);
  if (n === 0 || shown.length < n) return undefined;
  return { ...state, epoch: Math.max(state.epoch, epoch), run: { base: cursor.seq, epoch, n, texts: collect(shown) } };
}

export function cursorOf({ seq, run }: Pick<UpdateState, 'seq' | 'run'>): Cursor {
  if (run === undefined) return { seq, order: 0 };
  return { seq, order: run.base === seq ? deltaOrder(run) : UNRESUMABLE };
}

/**
 * A promise only where committed parts must be read. Subscribers that stand at the same place share what a live item makes of it: thousands
 * of them cost one projection.
 */
export function projectUpdate(state: UpdateState, item: FollowedItem, committedParts: CommittedParts): Update | Promise<Update> {
  const known = SHARED.get(item);
  if (known !== undefined && isSamePlace(known.before, state)) return known.update;
  const update = project(state, item, committedParts);
  if (!(update instanceof Promise)) SHARED.set(item, { before: state, update });
  return update;
}

/** What the last subscriber made of an item, as long as somebody's queue holds it. */
const SHARED = new WeakMap<FollowedItem, { readonly before: UpdateState; readonly update: Update }>();

function isSamePlace(a: UpdateState, b: UpdateState): boolean {
  if (a === b) return true;
  if (a.run !== undefined || b.run !== undefined || a.seq !== b.seq || a.epoch !== b.epoch || a.taskId !== b.taskId) return false;
  return a.committed === b.committed || (a.committed.size === b.committed.size && [...a.committed].every((id) => b.committed.has(id)));
}

function project(state: UpdateState, item: FollowedItem, committedParts: CommittedParts): Update | Promise<Update> {
  switch (item.type) {
    case 'event':
      return projectEvent(state, item.event, committedParts);
    case 'delta':
      return projectDeltas(state, item.delta.seq, item.delta.epoch, [item.delta], committedParts);
    case 'kept': {
      const epoch = item.deltas.reduce((newest, delta) => Math.max(newest, delta.epoch), 0);
      return projectDeltas(state, item.seq, epoch, unbroken(item.deltas, item.seq, epoch), committedParts);
    }
  }
}

/** Shows those deltas of one (seq, epoch) that come next without a hole (U2): one frame per artifact. */
function projectDeltas(
  state: UpdateState,
  seq: number,
  epoch: number,
  deltas: readonly TaskDelta[],
  committedParts: CommittedParts,
): Update | Promise<Update> {
  if (seq !== state.seq || epoch < state.epoch) return { state, frames: [] };
  const isSameRun = state.run?.base === seq && state.run.epoch === epoch;
  const shown = isSameRun ? state.run : undefined;
  const overtaken = isSameRun ? undefined : state.run;
  const last = shown?.n ?? 0;
  const next = deltas.filter((delta) => delta.n > last);
  const added = next[0]?.n === last + 1 ? collect(next) : new Map<string, string>();
  const show = (drafts: Draft[]) => showDeltas({ state, seq, epoch, deltas, shown, overtaken, next, last, added }, drafts);
  return overtaken === undefined || overtaken.texts.size === 0 ? show([]) : beginAnew(state, overtaken, added, committedParts).then(show);
}

/** An overtaken run's text is not what will be committed: each of its artifacts starts anew (R9). */
async function beginAnew(
  state: UpdateState,
  overtaken: PreviewRun,
  added: ReadonlyMap<string, string>,
  committedParts: CommittedParts,
): Promise<Draft[]> {
  const drafts: Draft[] = [];
  for (const artifactId of overtaken.texts.keys()) {
    const parts = await committedParts(artifactId, state.seq);
    const text = added.get(artifactId);
    drafts.push({
      response: artifactUpdate(state, { artifactId, parts: text === undefined ? orEmpty(parts) : [...parts, { text }] }, false),
    });
  }
  return drafts;
}

interface ShownDeltas {
  readonly state: UpdateState;
  readonly seq: number;
  readonly epoch: number;
  readonly deltas: readonly TaskDelta[];
  readonly shown: PreviewRun | undefined;
  readonly overtaken: PreviewRun | undefined;
  readonly next: readonly TaskDelta[];
  readonly last: number;
  readonly added: ReadonlyMap<string, string>;
}

function showDeltas({ state, seq, epoch, deltas, shown, overtaken, next, last, added }: ShownDeltas, drafts: Draft[]): Update {
  const texts = new Map(shown?.texts);
  for (const [artifactId, text] of added) {
    const before = texts.get(artifactId);
    texts.set(artifactId, (before ?? '') + text);
    if (overtaken?.texts.has(artifactId)) continue;
    const append = before !== undefined || state.committed.has(artifactId);
    const single = deltas.length === 1 ? deltas[0] : undefined;
    drafts.push({
      response: artifactUpdate(state, { artifactId, parts: [{ text }] }, append),
      ...(single === undefined ? {} : { shared: { item: single, variant: append ? 'append' : 'first' } }),
    });
  }
  const run = texts.size === 0 ? undefined : { base: seq, epoch, n: added.size === 0 ? last : last + next.length, texts };
  return finish(state, { ...state, epoch, run }, drafts);
}

function projectEvent(state: UpdateState, event: TaskEvent, committedParts: CommittedParts): Update | Promise<Update> {
  const after: UpdateState = { ...state, seq: event.seq, epoch: Math.max(state.epoch, event.epoch) };
  switch (event.type) {
    case 'task.created':
      return finish(state, { ...after, taskId: event.taskId, contextId: event.contextId }, [{ response: { task: projectTask([event]) } }]);
    case 'message.added':
      return { state: after, frames: [] };
    case 'status.changed': {
      const { taskId, contextId } = event;
      const response: StreamResponse = {
        statusUpdate: {
          taskId,
          contextId,
          status: wireStatus(event),
          ...(event.metadata === undefined ? {} : { metadata: event.metadata }),
        },
      };
      const draft: Draft = { response, shared: { item: event, variant: 'whole' } };
      const { run } = state;
      // A run that pauses or ends without a commit of its previews, or under another epoch, takes them back.
      const isVoid = isTerminal(event.status.state) || isInterrupted(event.status.state) || run?.epoch !== event.epoch;
      if (run === undefined || !isVoid) return finish(state, after, [draft]);
      const clear: UpdateState = { ...after, run: undefined };
      return takeBack(state, [...run.texts.keys()], committedParts).then((corrections) => finish(state, clear, [...corrections, draft]));
    }
    case 'artifact.updated':
      return state.run === undefined ? projectWhole(state, after, event) : projectArtifact(state, after, event, committedParts);
  }
}

/** Nothing of it was shown before. */
function projectWhole(state: UpdateState, after: UpdateState, event: TaskEvent & { type: 'artifact.updated' }): Update {
  const { artifact, lastChunk } = event;
  const isCommitted = state.committed.has(artifact.artifactId);
  const response = artifactUpdate(event, artifact, event.append && isCommitted, lastChunk);
  return finish(state, withCommitted(after, artifact.artifactId), [{ response, shared: { item: event, variant: 'whole' } }]);
}

function withCommitted(after: UpdateState, artifactId: string): UpdateState {
  return after.committed.has(artifactId) ? after : { ...after, committed: new Set([...after.committed, artifactId]) };
}

async function projectArtifact(
  state: UpdateState,
  after: UpdateState,
  event: TaskEvent & { type: 'artifact.updated' },
  committedParts: CommittedParts,
): Promise<Update> {
  const { artifact, lastChunk } = event;
  const { artifactId } = artifact;
  const { run } = state;
  const isCommitted = state.committed.has(artifactId);
  const shown = run?.texts.get(artifactId);
  const isSameRun = run?.epoch === event.epoch;
  const others = [...(run?.texts.keys() ?? [])].filter((id) => id !== artifactId);
  const drafts = isSameRun ? [] : await takeBack(state, others, committedParts);
  const rest = shown === undefined || !isSameRun || !(event.append || !isCommitted) ? undefined : partsAfter(artifact.parts, shown);

  if (shown === undefined) {
    drafts.push({
      response: artifactUpdate(event, artifact, event.append && isCommitted, lastChunk),
      shared: { item: event, variant: 'whole' },
    });
  } else if (rest !== undefined) {
    drafts.push({
      response: artifactUpdate(event, { ...artifact, parts: orEmpty(rest) }, true, lastChunk),
      ...(rest.every(({ text }) => text === undefined) ? { shared: { item: event, variant: 'rest' } } : {}),
    });
  } else {
    const before = event.append ? await committedParts(artifactId, state.seq) : [];
    drafts.push({ response: artifactUpdate(event, { ...artifact, parts: [...before, ...artifact.parts] }, false, lastChunk) });
  }
  const left = isSameRun && others.length > 0 ? { ...run, texts: new Map([...run.texts].filter(([id]) => id !== artifactId)) } : undefined;
  return finish(state, { ...withCommitted(after, artifactId), run: left }, drafts);
}

/**
 * The previews showed the beginning of the texts, or all of them: only what stands behind it is news. `undefined` when they showed
 * something else, or text behind a part that is not text, which would stand before it at the client.
 */
function partsAfter(parts: readonly Part[], shown: string): readonly Part[] | undefined {
  let left = shown;
  for (const [index, part] of parts.entries()) {
    if (left === '') return parts.slice(index);
    const { text } = part;
    if (text === undefined || !(text.startsWith(left) || left.startsWith(text))) return undefined;
    if (text.length > left.length) return [{ ...part, text: text.slice(left.length) }, ...parts.slice(index + 1)];
    left = left.slice(text.length);
  }
  return left === '' ? [] : undefined;
}

/** Sets artifacts back to what is committed. */
async function takeBack(state: UpdateState, artifactIds: readonly string[], committedParts: CommittedParts): Promise<Draft[]> {
  const drafts: Draft[] = [];
  for (const artifactId of artifactIds) {
    const parts = orEmpty(await committedParts(artifactId, state.seq));
    drafts.push({ response: artifactUpdate(state, { artifactId, parts }, false) });
  }
  return drafts;
}

/** U3: between the frames of one item the client is in no state that a cursor can name. */
function finish(before: UpdateState, after: UpdateState, drafts: readonly Draft[]): Update {
  const frames = drafts.map((draft, index): StreamFrame => {
    const isLast = index === drafts.length - 1;
    return { ...draft, epoch: after.epoch, cursor: isLast ? cursorOf(after) : { seq: before.seq, order: UNRESUMABLE } };
  });
  return { state: after, frames };
}

function artifactUpdate(of: { taskId: string; contextId: string }, artifact: Artifact, append: boolean, lastChunk = false): StreamResponse {
  const { taskId, contextId } = of;
  return { artifactUpdate: { taskId, contextId, artifact, ...(append ? { append } : {}), ...(lastChunk ? { lastChunk } : {}) } };
}

/** An artifact has at least one part (D4). */
function orEmpty(parts: readonly Part[]): readonly Part[] {
  return parts.length === 0 ? [{ text: '' }] : parts;
}

/** The deltas 1, 2, … of one (seq, epoch), up to the first hole. */
function unbroken(deltas: readonly TaskDelta[], seq: number, epoch: number): readonly TaskDelta[] {
  const found: TaskDelta[] = [];
  for (const delta of deltas) if (delta.seq === seq && delta.epoch === epoch && delta.n === found.length + 1) found.push(delta);
  return found;
}

/** Text by artifact, in the order in which the artifacts first appear. */
function collect(deltas: readonly TaskDelta[]): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { artifactId, text } of deltas) texts.set(artifactId, (texts.get(artifactId) ?? '') + text);
  return texts;
}
