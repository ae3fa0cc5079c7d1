/**
 * Results of operations as messages of the proto. Written out here rather than by the SDK's `fromJSON`, which drops a data part
 * whose value is `null`. Agent cards are the exception: they hold none.
 */
import type * as sdk from '@a2a-js/sdk';
import { AgentCard as SdkAgentCard } from '@a2a-js/sdk';
import type {
  AgentCard,
  Artifact,
  Message,
  Part,
  SendMessageResponse,
  StreamResponse,
  Task,
  TaskArtifactUpdateEvent,
  TaskPushNotificationConfig,
  TaskStatus,
  TaskStatusUpdateEvent,
} from '../protocol/a2a.js';
import { roleNumber, stateNumber } from './enums.js';

export function toSendMessageResponse(response: SendMessageResponse): sdk.SendMessageResponse {
  if ('task' in response) return { payload: { $case: 'task', value: toTask(response.task) } };
  return { payload: { $case: 'message', value: toMessage(response.message) } };
}

export function toStreamResponse(response: StreamResponse): sdk.StreamResponse {
  if ('task' in response) return { payload: { $case: 'task', value: toTask(response.task) } };
  if ('message' in response) return { payload: { $case: 'message', value: toMessage(response.message) } };
  if ('statusUpdate' in response) return { payload: { $case: 'statusUpdate', value: toStatusUpdate(response.statusUpdate) } };
  return { payload: { $case: 'artifactUpdate', value: toArtifactUpdate(response.artifactUpdate) } };
}

export function toTask({ id, contextId, status, artifacts = [], history = [], metadata }: Task): sdk.Task {
  return { id, contextId, status: toStatus(status), artifacts: artifacts.map(toArtifact), history: history.map(toMessage), metadata };
}

export interface TaskPage {
  readonly tasks: readonly Task[];
  readonly nextPageToken: string;
  readonly pageSize: number;
  readonly totalSize: number;
}

export function toListTasksResponse({ tasks, nextPageToken, pageSize, totalSize }: TaskPage): sdk.ListTasksResponse {
  return { tasks: tasks.map(toTask), nextPageToken, pageSize, totalSize };
}

function toStatusUpdate({ taskId, contextId, status, metadata }: TaskStatusUpdateEvent): sdk.TaskStatusUpdateEvent {
  return { taskId, contextId, status: toStatus(status), metadata };
}

function toArtifactUpdate(update: TaskArtifactUpdateEvent): sdk.TaskArtifactUpdateEvent {
  const { taskId, contextId, artifact, append = false, lastChunk = false, metadata } = update;
  return { taskId, contextId, artifact: toArtifact(artifact), append, lastChunk, metadata };
}

function toStatus({ state, message, timestamp }: TaskStatus): sdk.TaskStatus {
  return { state: stateNumber(state), message: message === undefined ? undefined : toMessage(message), timestamp };
}

function toMessage(message: Message): sdk.Message {
  const { messageId, contextId = '', taskId = '', role, parts, metadata, extensions = [], referenceTaskIds = [] } = message;
  return {
    ...{ messageId, contextId, taskId, role: roleNumber(role), parts: parts.map(toPart), metadata },
    ...{ extensions: [...extensions], referenceTaskIds: [...referenceTaskIds] },
  };
}

function toArtifact({ artifactId, name = '', description = '', parts, metadata, extensions = [] }: Artifact): sdk.Artifact {
  return { artifactId, name, description, parts: parts.map(toPart), metadata, extensions: [...extensions] };
}

function toPart({ metadata, filename = '', mediaType = '', ...content }: Part): sdk.Part {
  return { content: toContent(content), metadata, filename, mediaType };
}

function toContent({ text, raw, url, data }: Part): sdk.Part['content'] {
  if (text !== undefined) return { $case: 'text', value: text };
  if (raw !== undefined) return { $case: 'raw', value: Buffer.from(raw, 'base64') };
  if (url !== undefined) return { $case: 'url', value: url };
  return { $case: 'data', value: data ?? null };
}

export function toPushConfig(config: TaskPushNotificationConfig): sdk.TaskPushNotificationConfig {
  const { tenant = '', id = '', taskId = '', url, token = '', authentication } = config;
  return {
    ...{ tenant, id, taskId, url, token },
    authentication:
      authentication === undefined ? undefined : { scheme: authentication.scheme, credentials: authentication.credentials ?? '' },
  };
}

export interface PushConfigPage {
  readonly configs: readonly TaskPushNotificationConfig[];
  readonly nextPageToken: string;
}

export function toListPushConfigsResponse({ configs, nextPageToken }: PushConfigPage): sdk.ListTaskPushNotificationConfigsResponse {
  return { configs: configs.map(toPushConfig), nextPageToken };
}

export function toAgentCard(card: AgentCard): sdk.AgentCard {
  return SdkAgentCard.fromJSON(card);
}
