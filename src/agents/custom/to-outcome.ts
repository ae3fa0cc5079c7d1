/** What an output of a handler becomes when it is committed: pure. */
import { isoTime } from '../../base/clock.js';
import { newId } from '../../base/ids.js';
import type { JsonObject } from '../../base/json.js';
import type { Artifact, Message, Part } from '../../protocol/a2a.js';
import { type SessionMessage, toSessionPart } from '../../tasks/session-message.js';
import type { TaskEventBody } from '../../tasks/task-event.js';
import type { TaskRecord } from '../../tasks/task-store.js';
import type { StepOutcome } from '../agent.js';
import { type CustomControl, writeControl } from './control.js';
import { invalid, type ReadOutput, type ReadStatement } from './read-output.js';

export interface OutcomeOptions {
  readonly task: TaskRecord;
  /** With the state as the handler has it now. */
  readonly control: CustomControl;
  /** Texts since the last commit, by artifact. */
  readonly texts: ReadonlyMap<string, string>;
  readonly allowsMessage: boolean;
  readonly now: number;
}

type Committed = Exclude<ReadOutput, { type: 'text' }>;

/** @param output `undefined`: the handler came to its end. */
export function toOutcome(output: Committed | undefined, options: OutcomeOptions): StepOutcome {
  const { task, control, texts, now } = options;
  const kind = output?.type ?? 'completed';
  const said = (extra: Pick<StepOutcome, 'events' | 'messages'>, ends = false) => ({
    control: writeControl({
      ...control,
      hasOutput: true,
      openTexts: ends ? [] : [...new Set([...control.openTexts, ...texts.keys()])],
      ...(kind === 'input-required' || kind === 'auth-required' ? { messageId: undefined, asked: {} } : {}),
    }),
    messages: [...textMessages(options), ...extra.messages],
    events: [...textEvents(options, ends), ...extra.events],
  });
  if (output === undefined) return { type: 'finished', ...said({ events: [], messages: [] }, true) };
  switch (output.type) {
    case 'artifact': {
      const { artifact, append, lastChunk } = output;
      const event: TaskEventBody = { type: 'artifact.updated', artifact, append, lastChunk };
      const messages = sessionMessages(newId(now), artifact.parts, options);
      return { type: 'continue', durable: true, staysHere: true, ...said({ events: [event], messages }) };
    }
    case 'status': {
      const status = { state: 'TASK_STATE_WORKING', message: toMessage(output, options), timestamp: isoTime(now) } as const;
      const event: TaskEventBody = { type: 'status.changed', status, ...metadataOf(output.metadata) };
      return { type: 'continue', durable: true, staysHere: true, ...said({ events: [event], messages: [] }) };
    }
    case 'input-required':
    case 'auth-required': {
      const statusMessage = toMessage(output, options);
      return {
        type: 'wait',
        state: output.type === 'input-required' ? 'TASK_STATE_INPUT_REQUIRED' : 'TASK_STATE_AUTH_REQUIRED',
        ...ending(statusMessage, output),
        ...(output.expiresAfterMs === undefined ? {} : { expiresAfterMs: output.expiresAfterMs }),
        ...said({ events: [], messages: sessionMessages(statusMessage.messageId, output.parts, options) }),
      };
    }
    case 'message': {
      if (!options.allowsMessage)
        throw invalid(
          task.agent,
          `a message in place of a task needs agents.${task.agent}.direct_messages: true, or directMessages in code`,
        );
      if (control.hasOutput || texts.size > 0)
        throw invalid(task.agent, 'a message in place of a task must be its first and only output; use status, artifact or completed');
      const statusMessage = toMessage(output, options);
      const messages = sessionMessages(statusMessage.messageId, output.parts, options);
      return { type: 'finished', isDirect: true, ...ending(statusMessage, output), ...said({ events: [], messages }, true) };
    }
    case 'completed': {
      const result = { type: 'finished', ...said({ events: [], messages: [] }, true) } as const;
      const metadata = output.metadata === undefined ? {} : { statusMetadata: output.metadata };
      return output.parts.length === 0 ? { ...result, ...metadata } : { ...result, ...ending(toMessage(output, options), output) };
    }
    case 'failed':
    case 'rejected':
      return { type: output.type, ...ending(toMessage(output, options), output), ...said({ events: [], messages: [] }, true) };
  }
}

function ending(statusMessage: Message, { metadata }: ReadStatement): { statusMessage: Message; statusMetadata?: JsonObject } {
  return { statusMessage, ...(metadata === undefined ? {} : { statusMetadata: metadata }) };
}

function toMessage({ parts, messageMetadata, extensions, referenceTaskIds }: ReadStatement, { task, now }: OutcomeOptions): Message {
  return {
    messageId: newId(now),
    contextId: task.contextId,
    taskId: task.id,
    role: 'ROLE_AGENT',
    parts,
    ...metadataOf(messageMetadata),
    ...(extensions === undefined ? {} : { extensions }),
    ...(referenceTaskIds === undefined ? {} : { referenceTaskIds }),
  };
}

/** At the end every text artifact is closed, those without news by an empty text. */
function textEvents({ control, texts }: OutcomeOptions, ends: boolean): readonly TaskEventBody[] {
  const ids = new Set([...(ends ? control.openTexts : []), ...texts.keys()]);
  return [...ids].map((artifactId): TaskEventBody => {
    const artifact: Artifact = { artifactId, name: artifactId, parts: [{ text: texts.get(artifactId) ?? '' }] };
    return { type: 'artifact.updated', artifact, append: control.openTexts.includes(artifactId), lastChunk: ends };
  });
}

function textMessages(options: OutcomeOptions): readonly SessionMessage[] {
  const parts = [...options.texts.values()].filter((text) => text !== '').map((text): Part => ({ text }));
  return sessionMessages(newId(options.now), parts, options);
}

/** What models and later calls read of it; bytes are in the log only. */
function sessionMessages(id: string, parts: readonly Part[], { task, now }: OutcomeOptions): readonly SessionMessage[] {
  const kept = parts.filter(({ raw }) => raw === undefined).map(toSessionPart);
  return kept.length === 0 ? [] : [{ id, role: 'agent', author: task.agent, parts: kept, createdAt: now }];
}

function metadataOf(metadata: JsonObject | undefined): { metadata?: JsonObject } {
  return metadata === undefined ? {} : { metadata };
}
