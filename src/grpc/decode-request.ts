/**
 * Requests of the proto as the plain JSON that operations read: what is at its default is left out, as in ProtoJSON.
 * The readers in `protocol/` check everything else, so that every binding refuses the same things in the same words.
 */
import type * as sdk from '@a2a-js/sdk';
import { AppError } from '../base/errors.js';
import type { JsonObject, JsonValue } from '../base/json.js';
import { ROLE_NAMES, STATE_NAMES } from './enums.js';

type Struct = { readonly [key: string]: unknown };

export function fromSendMessageRequest({ tenant, message, configuration, metadata }: sdk.SendMessageRequest): JsonObject {
  return {
    ...text('tenant', tenant),
    ...(message === undefined ? {} : { message: fromMessage(message) }),
    ...(configuration === undefined ? {} : { configuration: fromConfiguration(configuration) }),
    ...struct('metadata', metadata, ''),
  };
}

function fromMessage(message: sdk.Message): JsonObject {
  return {
    ...text('messageId', message.messageId),
    ...text('contextId', message.contextId),
    ...text('taskId', message.taskId),
    ...enumeration('role', message.role, ROLE_NAMES),
    parts: message.parts.map((part, index) => fromPart(part, `message.parts[${index}].`)),
    ...struct('metadata', message.metadata, 'message.'),
    ...texts('extensions', message.extensions),
    ...texts('referenceTaskIds', message.referenceTaskIds),
  };
}

function fromPart(part: sdk.Part, path: string): JsonObject {
  return {
    ...fromContent(part.content, path),
    ...struct('metadata', part.metadata, path),
    ...text('filename', part.filename),
    ...text('mediaType', part.mediaType),
  };
}

function fromContent(content: sdk.Part['content'], path: string): JsonObject {
  switch (content?.$case) {
    case 'text':
      return { text: content.value };
    case 'raw':
      return { raw: content.value.toString('base64') };
    case 'url':
      return { url: content.value };
    case 'data':
      return { data: plainJson(content.value, `${path}data`) };
    default:
      return {};
  }
}

function fromConfiguration(configuration: sdk.SendMessageConfiguration): JsonObject {
  const { taskPushNotificationConfig: push, historyLength, returnImmediately } = configuration;
  return {
    ...texts('acceptedOutputModes', configuration.acceptedOutputModes),
    ...(push === undefined ? {} : { taskPushNotificationConfig: fromPushConfig(push) }),
    ...(historyLength === undefined ? {} : { historyLength }),
    ...(returnImmediately ? { returnImmediately } : {}),
  };
}

export function fromPushConfig(config: sdk.TaskPushNotificationConfig): JsonObject {
  const { authentication } = config;
  return {
    ...text('tenant', config.tenant),
    ...text('id', config.id),
    ...text('taskId', config.taskId),
    ...text('url', config.url),
    ...text('token', config.token),
    ...(authentication === undefined
      ? {}
      : { authentication: { ...text('scheme', authentication.scheme), ...text('credentials', authentication.credentials) } }),
  };
}

export function fromGetTaskRequest({ tenant, id, historyLength }: sdk.GetTaskRequest): JsonObject {
  return { ...text('tenant', tenant), ...text('id', id), ...(historyLength === undefined ? {} : { historyLength }) };
}

export function fromListTasksRequest(request: sdk.ListTasksRequest): JsonObject {
  const { pageSize, historyLength, statusTimestampAfter, includeArtifacts } = request;
  return {
    ...text('tenant', request.tenant),
    ...text('contextId', request.contextId),
    ...enumeration('status', request.status, STATE_NAMES),
    ...(pageSize === undefined ? {} : { pageSize }),
    ...text('pageToken', request.pageToken),
    ...(historyLength === undefined ? {} : { historyLength }),
    ...(statusTimestampAfter === undefined ? {} : { statusTimestampAfter }),
    ...(includeArtifacts === undefined ? {} : { includeArtifacts }),
  };
}

export function fromCancelTaskRequest({ tenant, id, metadata }: sdk.CancelTaskRequest): JsonObject {
  return { ...text('tenant', tenant), ...text('id', id), ...struct('metadata', metadata, '') };
}

export function fromSubscribeToTaskRequest({ tenant, id }: sdk.SubscribeToTaskRequest): JsonObject {
  return { ...text('tenant', tenant), ...text('id', id) };
}

/** Of `GetTaskPushNotificationConfig` and `DeleteTaskPushNotificationConfig`. */
export function fromPushConfigReference({ tenant, taskId, id }: sdk.GetTaskPushNotificationConfigRequest): JsonObject {
  return { ...text('tenant', tenant), ...text('taskId', taskId), ...text('id', id) };
}

export function fromListPushConfigsRequest(request: sdk.ListTaskPushNotificationConfigsRequest): JsonObject {
  const { tenant, taskId, pageSize, pageToken } = request;
  return { ...text('tenant', tenant), ...text('taskId', taskId), ...(pageSize === 0 ? {} : { pageSize }), ...text('pageToken', pageToken) };
}

export function fromExtendedCardRequest({ tenant }: sdk.GetExtendedAgentCardRequest): JsonObject {
  return text('tenant', tenant);
}

function text(name: string, value: string): JsonObject {
  return value === '' ? {} : { [name]: value };
}

function texts(name: string, value: readonly string[]): JsonObject {
  return value.length === 0 ? {} : { [name]: value };
}

/** A number that the proto does not name stays a number, for the reader to refuse. */
function enumeration(name: string, value: number, names: readonly string[]): JsonObject {
  return value === 0 ? {} : { [name]: names[value] ?? value };
}

function struct(name: string, value: Struct | undefined, path: string): JsonObject {
  return value === undefined ? {} : { [name]: plainJson(value, `${path}${name}`) };
}

/** A decoded `Value` as JSON could have said it: one without a kind is `null`; NaN and the infinities are refused. */
function plainJson(value: unknown, path: string): JsonValue {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' && !Number.isFinite(value)) {
    const description = 'must not hold NaN or an infinite number';
    throw new AppError('PARAMS_INVALID', {
      message: `Invalid parameters: ${path}: ${description}`,
      problems: [{ field: path, description }],
    });
  }
  if (Array.isArray(value)) return value.map((entry) => plainJson(entry, path));
  if (typeof value !== 'object') return value as string | number | boolean;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plainJson(entry, path)]));
}
