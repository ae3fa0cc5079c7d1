/** What clients send, checked whole before any work (E6) and brought into one form (D5, D6). */
import { isJsonObject, type JsonObject } from '../base/json.js';
import type {
  CancelTaskRequest,
  GetExtendedAgentCardRequest,
  GetTaskRequest,
  SendMessageConfiguration,
  SendMessageRequest,
  SubscribeToTaskRequest,
} from './a2a.js';
import { type FieldReader, Problems } from './field-reader.js';
import { type MessageLimits, readMessage } from './read-message.js';
import { readPushConfig } from './read-push-requests.js';
import { rootFields } from './root-fields.js';

/** `metadata` is no field of the protocol here; the reliable-stream extension carries its cursor in it (R10). */
export type SubscribeToTaskInput = SubscribeToTaskRequest & { readonly metadata?: JsonObject };

const TASK_ID_HINT = 'is required: the id of a task, as an earlier answer gave it';

/** @throws AppError `PARAMS_INVALID` with every problem, as all readers here. */
export function readSendMessageRequest(params: unknown, limits: MessageLimits): SendMessageRequest {
  const problems = new Problems();
  const fields = rootFields(params, problems);
  const tenant = fields.optionalText('tenant');
  const messageFields = fields.object('message');
  if (fields.value('message') === undefined) fields.problem('message', 'is required: an object with messageId, role and parts');
  const message = messageFields === undefined ? undefined : readMessage(messageFields, problems, limits);
  const configuration = readConfiguration(fields.object('configuration'));
  const metadata = fields.struct('metadata');
  problems.throwIfAny();
  return {
    ...(tenant === undefined ? {} : { tenant }),
    message: message as SendMessageRequest['message'],
    ...(configuration === undefined ? {} : { configuration }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

function readConfiguration(fields: FieldReader | undefined): SendMessageConfiguration | undefined {
  if (fields === undefined) return undefined;
  const acceptedOutputModes = fields.texts('acceptedOutputModes');
  const taskPushNotificationConfig = readPushConfig(fields.object('taskPushNotificationConfig'));
  const historyLength = fields.count('historyLength');
  const returnImmediately = fields.boolean('returnImmediately');
  return {
    ...(acceptedOutputModes === undefined ? {} : { acceptedOutputModes }),
    ...(taskPushNotificationConfig === undefined ? {} : { taskPushNotificationConfig }),
    ...(historyLength === undefined ? {} : { historyLength }),
    ...(returnImmediately === undefined ? {} : { returnImmediately }),
  };
}

export function readGetTaskRequest(params: unknown): GetTaskRequest {
  const problems = new Problems();
  const fields = rootFields(params, problems);
  const tenant = fields.optionalText('tenant');
  const id = fields.requiredId('id', TASK_ID_HINT);
  const historyLength = fields.count('historyLength');
  problems.throwIfAny();
  return { ...(tenant === undefined ? {} : { tenant }), id, ...(historyLength === undefined ? {} : { historyLength }) };
}

export function readCancelTaskRequest(params: unknown): CancelTaskRequest {
  return readTaskReference(params);
}

export function readSubscribeToTaskRequest(params: unknown): SubscribeToTaskInput {
  return readTaskReference(params);
}

/** It may come without params. */
export function readGetExtendedAgentCardRequest(params: unknown): GetExtendedAgentCardRequest {
  const problems = new Problems();
  const tenant = rootFields(params ?? {}, problems).optionalText('tenant');
  problems.throwIfAny();
  return tenant === undefined ? {} : { tenant };
}

function readTaskReference(params: unknown): SubscribeToTaskInput {
  const problems = new Problems();
  const fields = rootFields(params, problems);
  const tenant = fields.optionalText('tenant');
  const id = fields.requiredId('id', TASK_ID_HINT);
  const metadata = fields.struct('metadata');
  problems.throwIfAny();
  return { ...(tenant === undefined ? {} : { tenant }), id, ...(metadata === undefined ? {} : { metadata }) };
}

/**
 * The tenant that params name (U1); '' = none. It decides before the whole request is read, so what is no text is left
 * to the operation's own reader, which refuses it.
 */
export function findTenant(params: unknown): string {
  const tenant = isJsonObject(params) ? params.tenant : undefined;
  return typeof tenant === 'string' ? tenant : '';
}
