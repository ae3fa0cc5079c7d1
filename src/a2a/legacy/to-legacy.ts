/** What this server says, as 0.3 says it. Pure. */
import type {
  Artifact,
  Message,
  SendMessageResponse,
  StreamResponse,
  Task,
  TaskArtifactUpdateEvent,
  TaskPushNotificationConfig,
  TaskState,
  TaskStatus,
  TaskStatusUpdateEvent,
} from '../../protocol/a2a.js';
import type { LegacyForm, LegacyObject } from './legacy-form.js';

export function toLegacyTask({ status, artifacts, history, ...rest }: Task, form: LegacyForm): LegacyObject {
  return {
    ...form.mark('task'),
    ...rest,
    status: toLegacyStatus(status, form),
    ...(artifacts === undefined ? {} : { artifacts: artifacts.map((artifact) => toLegacyArtifact(artifact, form)) }),
    ...(history === undefined ? {} : { history: history.map((message) => toLegacyMessage(message, form)) }),
  };
}

export function toLegacyMessage({ role, parts, referenceTaskIds, ...rest }: Message, form: LegacyForm): LegacyObject {
  return {
    ...form.mark('message'),
    ...rest,
    role: form.roles[role],
    [form.messageParts]: parts.map(form.toPart),
    ...(referenceTaskIds === undefined || !form.hasReferences ? {} : { referenceTaskIds }),
  };
}

export function toLegacyResult(response: SendMessageResponse, form: LegacyForm): LegacyObject {
  if ('task' in response) return form.wrap('task', toLegacyTask(response.task, form));
  return form.wrap('message', toLegacyMessage(response.message, form));
}

/** @param isFinal whether the stream ends with a status update of this state */
export function toLegacyEvent(response: StreamResponse, form: LegacyForm, isFinal: (state: TaskState) => boolean): LegacyObject {
  if ('statusUpdate' in response) return form.wrap('statusUpdate', toLegacyStatusUpdate(response.statusUpdate, form, isFinal));
  if ('artifactUpdate' in response) return form.wrap('artifactUpdate', toLegacyArtifactUpdate(response.artifactUpdate, form));
  return toLegacyResult(response, form);
}

/** 1.0 knows one scheme; what further ones a client had offered is gone. */
export function toLegacyPushConfig(config: TaskPushNotificationConfig, form: LegacyForm): LegacyObject {
  const { id, url, token, authentication } = config;
  return form.toPushConfig(config, {
    id,
    url,
    ...(token === undefined ? {} : { token }),
    ...(authentication === undefined ? {} : { authentication: { schemes: [authentication.scheme] } }),
  });
}

function toLegacyStatusUpdate(
  { taskId, contextId, status, metadata }: TaskStatusUpdateEvent,
  form: LegacyForm,
  isFinal: (state: TaskState) => boolean,
): LegacyObject {
  return {
    ...form.mark('statusUpdate'),
    taskId,
    contextId,
    status: toLegacyStatus(status, form),
    final: isFinal(status.state),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

function toLegacyArtifactUpdate({ artifact, ...rest }: TaskArtifactUpdateEvent, form: LegacyForm): LegacyObject {
  return { ...form.mark('artifactUpdate'), ...rest, artifact: toLegacyArtifact(artifact, form) };
}

function toLegacyStatus({ state, message, ...rest }: TaskStatus, form: LegacyForm): LegacyObject {
  return { state: form.states[state], ...(message === undefined ? {} : { message: toLegacyMessage(message, form) }), ...rest };
}

function toLegacyArtifact({ parts, ...rest }: Artifact, form: LegacyForm): LegacyObject {
  return { ...rest, parts: parts.map(form.toPart) };
}
