/** What clients send, checked whole before any work (E6) and brought into one form (D5, D6). */
import { AppError } from '../base/errors.js';
import { isJsonObject, type JsonObject } from '../base/json.js';
import type {
  CancelTaskRequest,
  GetTaskRequest,
  SendMessageConfiguration,
  SendMessageRequest,
  SubscribeToTaskRequest,
  TaskPushNotificationConfig,
} from './a2a.js';
import { FieldReader, kindOf, Problems } from './field-reader.js';
import { type MessageLimits, readMessage } from './read-message.js';

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

function readPushConfig(fields: FieldReader | undefined): TaskPushNotificationConfig | undefined {
  if (fields === undefined) return undefined;
  return { url: fields.optionalText('url', 8192) ?? '' };
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

/** @throws AppError `PARAMS_INVALID` unless params are an object. */
export function rootFields(params: unknown, problems: Problems): FieldReader {
  if (isJsonObject(params)) return new FieldReader(params, '', problems);
  const seen = params === undefined ? 'they are missing' : `not ${kindOf(params)}`;
  throw new AppError('PARAMS_INVALID', {
    message: `Invalid parameters: params must be an object (${seen})`,
    problems: [{ field: 'params', description: `must be an object (${seen})` }],
  });
}
