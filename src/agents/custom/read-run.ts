/** What a handler is told of its run, folded from the run's log and session: pure. */
import type { JsonObject } from '../../base/json.js';
import type { Artifact, Message, Part } from '../../protocol/a2a.js';
import type { SessionMessage, SessionPart } from '../../tasks/session-message.js';
import type { TaskEvent } from '../../tasks/task-event.js';
import { withoutDecisions } from '../llm/prepare-history.js';
import type { AgentContext, HistoryMessage } from './handler.js';

export interface RunView extends Pick<AgentContext, 'message' | 'history' | 'artifacts' | 'wait' | 'acceptedOutputModes'> {
  /** Of the request that made the task. */
  readonly metadata: JsonObject;
}

/** @param messageId the message to answer; `undefined`: the newest of the user's. */
export function readRun(events: readonly TaskEvent[], session: readonly SessionMessage[], messageId: string | undefined): RunView {
  const messages = new Map<string, Message>();
  const artifacts = new Map<string, Artifact>();
  let metadata: JsonObject = {};
  let found: Pick<RunView, 'message' | 'wait' | 'acceptedOutputModes'> | undefined;
  let waiting: RunView['wait'];
  for (const event of events) {
    switch (event.type) {
      case 'task.created':
      case 'message.added': {
        const { message, acceptedOutputModes = [] } = event;
        if (event.type === 'task.created') metadata = event.metadata ?? {};
        messages.set(message.messageId, message);
        if (messageId === undefined || message.messageId === messageId) found = { message, wait: waiting, acceptedOutputModes };
        waiting = undefined;
        break;
      }
      case 'status.changed': {
        const { state, message } = event.status;
        if (message !== undefined) messages.set(message.messageId, message);
        if (message !== undefined && state === 'TASK_STATE_INPUT_REQUIRED') waiting = { type: 'input-required', message };
        if (message !== undefined && state === 'TASK_STATE_AUTH_REQUIRED') waiting = { type: 'auth-required', message };
        break;
      }
      case 'artifact.updated':
        artifacts.set(
          event.artifact.artifactId,
          extend(event.append ? artifacts.get(event.artifact.artifactId) : undefined, event.artifact),
        );
    }
  }
  const answered = found ?? findInSession(session, messageId);
  if (answered === undefined) throw new Error(`the log of the run has no message ${messageId ?? ''}`);
  return { ...answered, metadata, artifacts: [...artifacts.values()], history: toHistory(session, messages) };
}

/** A run below another one may have nothing to answer but what its parent has. */
function findInSession(
  session: readonly SessionMessage[],
  messageId: string | undefined,
): Pick<RunView, 'message' | 'wait' | 'acceptedOutputModes'> | undefined {
  const message = session.findLast(({ id, role }) => role === 'user' && (messageId === undefined || id === messageId));
  if (message === undefined) return undefined;
  return {
    message: { messageId: message.id, role: 'ROLE_USER', parts: message.parts.flatMap(toPart) },
    wait: undefined,
    acceptedOutputModes: [],
  };
}

function extend(known: Artifact | undefined, more: Artifact): Artifact {
  return known === undefined ? more : { ...known, ...more, parts: [...known.parts, ...more.parts] };
}

/** The session has every message of the conversation, the run's own log has its messages whole. What was refused, or only decided, no model reads either. */
function toHistory(session: readonly SessionMessage[], messages: ReadonlyMap<string, Message>): readonly HistoryMessage[] {
  return withoutDecisions(session).flatMap(({ id, role, parts, createdAt }): HistoryMessage[] => {
    if (role === 'tool') return [];
    const whole = messages.get(id);
    if (whole === undefined) return [{ messageId: id, role, parts: parts.flatMap(toPart), createdAt }];
    return [{ messageId: id, role, parts: whole.parts, ...(whole.metadata === undefined ? {} : { metadata: whole.metadata }), createdAt }];
  });
}

function toPart(part: SessionPart): readonly Part[] {
  const { type } = part;
  if (type !== 'text' && type !== 'data' && type !== 'file') return [];
  const { type: _, ...rest } = part;
  return [rest];
}
