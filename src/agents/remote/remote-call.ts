/**
 * One message to a remote agent and what comes of it, alive for one turn of a worker.
 *
 * Owns: the stream, and what it brought since the last commit. Does not own: the log, tries and re-attachment (`follow-task.ts`).
 * - The remote task is in the ledger before anything of it is shown: whoever takes over finds it there, and sends nothing again (R7).
 * - A cancel reaches the remote task also when it is not known yet: the first answer is waited for, within the timeout.
 */
import { untilAborted } from '../../base/abort.js';
import type { Clock } from '../../base/clock.js';
import { AppError, describeError, hasCode, toAppError } from '../../base/errors.js';
import { newId } from '../../base/ids.js';
import { canonicalJson, isJsonObject, type JsonObject, sha256Hex } from '../../base/json.js';
import type { RemoteAgentSettings } from '../../config/remote-settings.js';
import type { Logger } from '../../observe/log.js';
import type { Message, Part, TaskStatus } from '../../protocol/a2a.js';
import type { TaskEventBody } from '../../tasks/task-event.js';
import type { CallIdentity } from '../../tasks/tool-call.js';
import type { StepContext, StepOutcome, StepState } from '../agent.js';
import { branchOf, findNestedBranch } from '../branch.js';
import { type RemoteControl, writeControl } from './control.js';
import { askForRemote, type EndOptions, endOfTask, failedCall, toMessage, toSessionMessages } from './end-of-call.js';
import { contextIdOf, followTask, isOver, taskIdOf } from './follow-task.js';
import { recordTaken } from './message-effect.js';
import { RemoteOutput } from './remote-output.js';
import type { RemoteEvent, RemotePeer } from './remote-peer.js';

export interface RemoteAgentOptions {
  /** Key in `agents`. */
  readonly name: string;
  readonly settings: RemoteAgentSettings;
  /** It may answer with a message in place of a task (S1). */
  readonly directMessages: boolean;
  readonly peer: RemotePeer;
  readonly approvalExpiresAfterMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface CallBegin {
  /** `undefined`: it has been sent. */
  readonly message: Message | undefined;
  readonly identity: CallIdentity;
  /** The task that takes the message, or has taken it. */
  readonly taskId: string | undefined;
}

export class RemoteCall {
  readonly messageId: string;
  readonly #options: RemoteAgentOptions;
  readonly #begin: CallBegin;
  readonly #output: RemoteOutput;
  readonly #events: AsyncGenerator<RemoteEvent, void>;
  readonly #over = new AbortController();
  #taskId: string | undefined;
  #contextId: string | undefined;
  #cursor: string | undefined;
  #isTaken: boolean;
  #next: Promise<IteratorResult<RemoteEvent, void>> | undefined;

  private constructor(options: RemoteAgentOptions, begin: CallBegin, control: RemoteControl, output: RemoteOutput) {
    const { peer, settings, clock, log } = options;
    this.messageId = begin.identity.idempotencyKey;
    this.#options = options;
    this.#begin = begin;
    this.#output = output;
    this.#taskId = begin.taskId;
    this.#contextId = control.contextId;
    this.#cursor = control.cursor;
    this.#isTaken = begin.message === undefined;
    this.#events = followTask({
      ...{ peer, message: begin.message, taskId: begin.taskId, cursor: begin.message === undefined ? control.cursor : undefined },
      ...{ answered: control.question, isOnce: settings.effect === 'once', maxOutageMs: settings.maxOutageMs },
      ...{ clock, log, signal: this.#over.signal },
    });
  }

  static async begin(begin: CallBegin, control: RemoteControl, context: StepContext, options: RemoteAgentOptions): Promise<RemoteCall> {
    const call = new RemoteCall(options, begin, control, new RemoteOutput(await context.readEvents(), control.openTexts));
    const signal = AbortSignal.any([context.signal, context.turn]);
    const onAbort = () => call.#close(context.signal);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    return call;
  }

  /** Up to the next commit. @throws AppError `REMOTE_UNAVAILABLE` for a `once` message of unknown outcome. */
  async runStep(state: StepState, context: StepContext, control: RemoteControl): Promise<StepOutcome> {
    const { clock } = this.#options;
    const startedMs = clock.monotonic();
    for (;;) {
      let next: IteratorResult<RemoteEvent, void>;
      try {
        next = await this.#pull(context.signal);
      } catch (error) {
        if (context.signal.aborted) throw error;
        return this.#fail(toAppError(error), state, control);
      }
      if (next.done === true) return this.#fail(new AppError('REMOTE_BAD_RESPONSE'), state, control);
      const event = next.value;
      await this.#noteTask(event, context);
      let outcome: StepOutcome | undefined;
      try {
        outcome = this.#apply(event, state, context, control);
      } catch (error) {
        return this.#fail(toAppError(error), state, control);
      }
      if (outcome !== undefined) return outcome;
      // Nobody sees previews of a run below another one; its commits are all that shows (AGT-25).
      const isDue = state.task.child !== undefined && clock.monotonic() - startedMs >= CHILD_COMMIT_MS;
      if (this.#output.gathered > MAX_GATHERED || (isDue && this.#output.gathered > 0)) return this.#goOn([], control);
    }
  }

  async #pull(signal: AbortSignal): Promise<IteratorResult<RemoteEvent, void>> {
    if (this.#next === undefined) {
      this.#next = this.#events.next();
      // Whoever waits for it hears of its failure; after an abort nobody does.
      this.#next.catch(() => {});
    }
    const next = await untilAborted(this.#next, signal);
    this.#next = undefined;
    return next;
  }

  async #noteTask({ response, cursor }: RemoteEvent, context: StepContext): Promise<void> {
    this.#taskId = taskIdOf(response) ?? this.#taskId;
    this.#contextId = contextIdOf(response) ?? this.#contextId;
    this.#cursor = cursor ?? this.#cursor;
    if (this.#isTaken || this.#taskId === undefined) return;
    const { name, clock } = this.#options;
    await recordTaken(this.#begin.identity, { agent: name, taskId: this.#taskId, contextId: this.#contextId }, context, clock);
    this.#isTaken = true;
  }

  /** `undefined`: nothing that has to be committed yet. */
  #apply({ response }: RemoteEvent, state: StepState, context: StepContext, control: RemoteControl): StepOutcome | undefined {
    const preview = (artifactId: string, text: string) => context.preview(artifactId, text);
    if ('message' in response) return this.#answerDirectly(response.message, state, control);
    if ('artifactUpdate' in response) {
      const events = this.#output.add(response.artifactUpdate, preview);
      return events.length === 0 ? undefined : this.#goOn(events, control);
    }
    const status = 'task' in response ? response.task.status : response.statusUpdate.status;
    const events: TaskEventBody[] = [];
    if ('task' in response) for (const artifact of response.task.artifacts ?? []) events.push(...this.#output.add({ artifact }, preview));
    if (isOver(response, control.question)) {
      const said = status.message?.parts ?? this.#findSaid(response);
      return this.#end(status, said, events, state, control, 'statusUpdate' in response ? response.statusUpdate.metadata : undefined);
    }
    const shown = this.#show(status, state);
    if (shown !== undefined) events.push(shown);
    return events.length === 0 ? undefined : this.#goOn(events, control);
  }

  /** Servers of 0.3 may leave the answer in the history alone. */
  #findSaid(response: RemoteEvent['response']): readonly Part[] {
    if (!('task' in response) || this.#output.sessionParts.length > 0) return [];
    return response.task.history?.findLast(({ role }) => role === 'ROLE_AGENT')?.parts ?? [];
  }

  #show({ message }: TaskStatus, state: StepState): TaskEventBody | undefined {
    if (message === undefined || message.parts.length === 0 || message.role === 'ROLE_USER') return undefined;
    const { task } = state;
    // Not its own id, which may be one that is taken here; the same for every time that it is said.
    const origin = canonicalJson([task.id, branchOf(state, this.#options.name), this.#taskId ?? '', message.messageId]);
    const messageId = sha256Hex(origin).slice(0, 32);
    if (!this.#output.isNewMessage(messageId)) return undefined;
    const now = this.#options.clock.now();
    const shown = toMessage(message.parts, task, now, messageId);
    return { type: 'status.changed', status: { state: 'TASK_STATE_WORKING', message: shown, timestamp: new Date(now).toISOString() } };
  }

  #end(
    { state: remoteState, message }: TaskStatus,
    parts: readonly Part[],
    events: readonly TaskEventBody[],
    state: StepState,
    control: RemoteControl,
    metadata: JsonObject | undefined,
  ): StepOutcome {
    const about = this.#about(state);
    const { now } = about;
    if (remoteState === 'TASK_STATE_INPUT_REQUIRED' || remoteState === 'TASK_STATE_AUTH_REQUIRED') {
      const waiting = { ...control, sending: undefined, question: message?.messageId ?? '' };
      const said = toSessionMessages(parts, about.name, now);
      const asked = metadata ?? (isJsonObject(message?.metadata) ? message.metadata : undefined);
      return askForRemote(remoteState, parts, withCallIds(asked, parts), this.#result(events, said, waiting), about);
    }
    const own = this.#output.sessionParts;
    const session = own.length === 0 ? [] : [{ ...sessionMessage(about), parts: own }];
    return endOfTask(remoteState, parts, this.#result(events, session, control, true), about);
  }

  /** An answer in place of a task (S1). */
  #answerDirectly({ parts }: Message, state: StepState, control: RemoteControl): StepOutcome {
    const about = this.#about(state);
    const messages = toSessionMessages(parts, about.name, about.now);
    if (this.#options.directMessages && !about.isNested)
      return {
        type: 'finished',
        isDirect: true,
        statusMessage: toMessage(parts, state.task, about.now),
        ...this.#result([], messages, control, true),
      };
    const artifact = { artifactId: 'response', name: 'response', parts };
    const event: TaskEventBody = { type: 'artifact.updated', artifact, append: false, lastChunk: true };
    return { type: 'finished', ...this.#result([event], messages, control, true) };
  }

  #fail(error: AppError, state: StepState, control: RemoteControl): StepOutcome {
    const { name, log, settings } = this.#options;
    // Somebody has to say what became of it.
    if (settings.effect === 'once' && !this.#isTaken && hasCode(error, 'REMOTE_UNAVAILABLE') && error.details['arrived'] !== false)
      throw error;
    log.warn({ taskId: state.task.id, agent: name, remoteTaskId: this.#taskId, reason: describeError(error) }, 'a remote agent failed');
    return failedCall(error, this.#result([], [], control, true), this.#about(state));
  }

  #goOn(events: readonly TaskEventBody[], control: RemoteControl): StepOutcome {
    return { type: 'continue', durable: true, staysHere: true, ...this.#result(events, [], control) };
  }

  #result(events: readonly TaskEventBody[], messages: StepOutcome['messages'], control: RemoteControl, ends = false) {
    const gathered = this.#output.flush(ends);
    const { name } = this.#options;
    const changed = this.#contextId !== undefined && this.#contextId !== control.contextId;
    return {
      // What was gathered came first, but for what a replacement or a part behind it has flushed already.
      events: [...gathered, ...events],
      messages,
      control: writeControl({
        ...control,
        ...{ taskId: this.#taskId, contextId: this.#contextId, cursor: this.#cursor },
        ...{ openTexts: this.#output.openTexts, asked: {} },
      }),
      ...(changed ? { sessionState: { [contextKey(name)]: this.#contextId as string } } : {}),
    };
  }

  #about(state: StepState): EndOptions {
    const { name, clock } = this.#options;
    const isNested = state.task.child !== undefined || findNestedBranch(state, name) !== undefined;
    return { name, task: state.task, isNested, now: clock.now() };
  }

  /** The turn is over. Only a cancel ends the remote task; anything else leaves it to whoever goes on (R6). */
  #close(signal: AbortSignal): void {
    const isCanceled = hasCode(signal.reason, 'TASK_CANCELED');
    if (isCanceled && this.#taskId === undefined) {
      void this.#cancelWhenKnown(signal);
      return;
    }
    this.#over.abort(signal.reason);
    if (isCanceled && this.#taskId !== undefined) void this.#options.peer.cancel(this.#taskId);
  }

  async #cancelWhenKnown(signal: AbortSignal): Promise<void> {
    const { clock, settings, peer, log, name } = this.#options;
    const stop = clock.after(settings.timeoutMs, () => this.#over.abort(signal.reason));
    try {
      const next = this.#next ?? this.#events.next();
      const { value: event } = await next;
      const taskId = event === undefined ? undefined : taskIdOf(event.response);
      if (taskId !== undefined) await peer.cancel(taskId);
    } catch (error) {
      log.info({ agent: name, reason: describeError(error) }, 'a canceled message to a remote agent has no task to cancel');
    } finally {
      stop();
      this.#over.abort(signal.reason);
    }
  }
}

/** Where the remote agent's context is kept from run to run (SES-03). */
export function contextKey(agent: string): string {
  return `_hector:remote:${agent}`;
}

function sessionMessage({ name, now }: EndOptions) {
  return { id: newId(now), role: 'agent', author: name, createdAt: now } as const;
}

/** A remote Hector tells the calls that wait beside its question; where that is lost, the question itself names them. */
function withCallIds(metadata: JsonObject | undefined, parts: readonly Part[]): JsonObject {
  const named = metadata?.['long_running_tool_ids'];
  if (Array.isArray(named)) return { long_running_tool_ids: named };
  const ids = parts.flatMap(({ data }) => (isJsonObject(data) && typeof data['tool_call_id'] === 'string' ? [data['tool_call_id']] : []));
  return { long_running_tool_ids: ids };
}

const CHILD_COMMIT_MS = 1_000;
const MAX_GATHERED = 65_536;
