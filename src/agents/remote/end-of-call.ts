/** What the end of a remote agent's work, or its question, means for the run: pure (AGT-43). */
import { isoTime } from '../../base/clock.js';
import { AppError, describeForClient, hasCode } from '../../base/errors.js';
import { newId } from '../../base/ids.js';
import type { JsonObject } from '../../base/json.js';
import type { Message, Part, TaskState } from '../../protocol/a2a.js';
import { type SessionMessage, toSessionPart } from '../../tasks/session-message.js';
import type { TaskEventBody } from '../../tasks/task-event.js';
import type { TaskRecord } from '../../tasks/task-store.js';
import type { StepOutcome } from '../agent.js';

type StepResult = Pick<StepOutcome, 'control' | 'messages' | 'events' | 'toolCalls' | 'sessionState'>;

export interface EndOptions {
  /** Key in `agents`. */
  readonly name: string;
  readonly task: Pick<TaskRecord, 'id' | 'contextId'>;
  /** It works for another agent of the run, or in a run below one, which reads the artifacts. */
  readonly isNested: boolean;
  readonly now: number;
}

/** @param parts of the remote agent's last status message; none: it has none. */
export function endOfTask(
  state: TaskState,
  parts: readonly Part[],
  result: StepResult,
  { name, task, isNested, now }: EndOptions,
): StepOutcome {
  const message = (fallback: string): Message => toMessage(parts.length > 0 ? parts : [{ text: fallback }], task, now);
  switch (state) {
    case 'TASK_STATE_COMPLETED': {
      if (parts.length === 0) return { type: 'finished', ...result };
      const statusMessage = message('');
      if (result.messages.length === 0 || !isNested) return { type: 'finished', ...result, statusMessage };
      // Whoever asked reads the artifacts; the last word is shown, and does not stand for them.
      const shown: TaskEventBody = {
        type: 'status.changed',
        status: { state: 'TASK_STATE_WORKING', message: statusMessage, timestamp: isoTime(now) },
      };
      return { type: 'finished', ...result, events: [...result.events, shown] };
    }
    case 'TASK_STATE_REJECTED':
      return { type: 'rejected', ...result, statusMessage: message(`The remote agent '${name}' declined`) };
    case 'TASK_STATE_CANCELED':
      return {
        type: 'failed',
        ...result,
        statusMessage: message(`The remote agent '${name}' canceled the task`),
        statusMetadata: metadata(state),
      };
    default:
      return { type: 'failed', ...result, statusMessage: message(`The remote agent '${name}' failed`), statusMetadata: metadata(state) };
  }
}

export function askForRemote(
  state: 'TASK_STATE_INPUT_REQUIRED' | 'TASK_STATE_AUTH_REQUIRED',
  parts: readonly Part[],
  asked: JsonObject | undefined,
  result: StepResult,
  { name, task, now }: EndOptions,
): StepOutcome {
  const fallback =
    state === 'TASK_STATE_AUTH_REQUIRED' ? `The remote agent '${name}' needs credentials` : `The remote agent '${name}' needs an answer`;
  const shown = parts.length > 0 ? parts : [{ text: fallback }];
  const callIds = asked?.['long_running_tool_ids'];
  return {
    type: 'wait',
    state,
    ...result,
    statusMessage: toMessage(shown, task, now),
    statusMetadata: {
      input_required: true,
      // Calls of a remote Hector: whoever shares answers out between agents goes by them.
      long_running_tool_ids: Array.isArray(callIds) ? callIds.filter((id): id is string => typeof id === 'string') : [],
      input_prompt: shown.map(({ text }) => text ?? '').join(''),
    },
  };
}

/** Words for clients: the remote agent's own where it said any; hosts and addresses stay in the log. */
export function failedCall(error: AppError, result: StepResult, { name, task, now }: EndOptions): StepOutcome {
  const said = SAID.some((code) => hasCode(error, code)) ? `: ${error.message}` : '';
  const text = `The remote agent '${name}' could not answer. ${describeForClient(new AppError(error.code))}${said}`;
  return { type: 'failed', ...result, statusMessage: toMessage([{ text }], task, now) };
}

export function toMessage(
  parts: readonly Part[],
  task: Pick<TaskRecord, 'id' | 'contextId'>,
  now: number,
  messageId = newId(now),
): Message {
  return { messageId, role: 'ROLE_AGENT', taskId: task.id, contextId: task.contextId, parts };
}

/** What other agents, and later turns, read of it. */
export function toSessionMessages(parts: readonly Part[], name: string, now: number): readonly SessionMessage[] {
  const kept = parts.filter(({ raw }) => raw === undefined).map(toSessionPart);
  return kept.length === 0 ? [] : [{ id: newId(now), role: 'agent', author: name, parts: kept, createdAt: now }];
}

function metadata(state: TaskState): JsonObject {
  return { 'hector:remote_state': state };
}

/** Their message is what the remote agent answered. */
const SAID = ['REMOTE_REFUSED', 'REMOTE_UNSUPPORTED'] as const;
