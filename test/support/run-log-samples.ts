/** Inputs of the run log, complete but for what a test is about. */
import { newId } from '../../src/base/ids.js';
import { sha256Hex } from '../../src/base/json.js';
import type { TaskState } from '../../src/protocol/a2a.js';
import type { SessionMessage } from '../../src/tasks/session-message.js';
import type { TaskEventBody } from '../../src/tasks/task-event.js';
import type { AcceptInput, StepCommit, TaskRecord, TaskStore } from '../../src/tasks/task-store.js';

export interface SampleMessage extends Partial<AcceptInput> {
  readonly messageId?: string;
  readonly contextId?: string;
  readonly text?: string;
}

/** Ids sort by their millisecond, within one by chance: here each has one of its own. */
function nextMs(): number {
  lastMs = Math.max(lastMs + 1, Date.now());
  return lastMs;
}

let lastMs = 0;

export function sampleAccept({ messageId = newId(), contextId = newId(), text = 'hello', ...rest }: SampleMessage = {}): AcceptInput {
  const key = rest.key ?? { agent: 'helper', owner: 'ada', contextId };
  const at = rest.at ?? Date.now();
  return {
    newTaskId: newId(nextMs()),
    key,
    tenant: '',
    configVersion: 'v1',
    traceparent: '',
    message: { messageId, contextId: key.contextId, role: 'ROLE_USER', parts: [{ text }] },
    sessionMessage: sampleMessage(text, { id: messageId, role: 'user', author: 'user', createdAt: at }),
    dedupeKey: `${key.owner}/${key.contextId}/${messageId}`,
    messageHash: sha256Hex(text),
    at,
    ...rest,
  };
}

export function sampleMessage(text: string, rest: Partial<SessionMessage> = {}): SessionMessage {
  return { id: newId(), role: 'agent', author: 'helper', parts: [{ type: 'text', text }], createdAt: Date.now(), ...rest };
}

/** The commit that a worker holding `task` makes; its status event agrees with the state. */
export function sampleCommit(task: TaskRecord, state: TaskState = 'TASK_STATE_COMPLETED', rest: Partial<StepCommit> = {}): StepCommit {
  return {
    taskId: task.id,
    epoch: task.epoch,
    step: task.step,
    state,
    control: {},
    messages: [],
    events: state === task.state ? [] : [sampleStatus(state)],
    at: Date.now(),
    ...rest,
  };
}

export function sampleStatus(state: TaskState): TaskEventBody {
  return { type: 'status.changed', status: { state, timestamp: new Date().toISOString() } };
}

export function sampleArtifact(text: string): TaskEventBody {
  return { type: 'artifact.updated', artifact: { artifactId: 'answer', parts: [{ text }] }, append: false, lastChunk: true };
}

export async function acceptNew(store: TaskStore, sample: SampleMessage = {}): Promise<TaskRecord> {
  const outcome = await store.accept(sampleAccept(sample));
  if (outcome.type !== 'accepted') throw new Error(`not accepted: ${outcome.type}`);
  return outcome.task;
}

export async function takeNow(store: TaskStore, taskId: string): Promise<TaskRecord> {
  const outcome = await store.take(taskId, Date.now());
  if (outcome.type !== 'taken') throw new Error(`not taken: ${outcome.type}`);
  return outcome.task;
}
