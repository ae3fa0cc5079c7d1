/** Push notification configs as clients send them (P2–P5). Whether an address is allowed is not seen here. */
import type { ListPushConfigsRequest, PushConfigReference, TaskPushNotificationConfig } from './a2a.js';
import { type FieldReader, Problems } from './field-reader.js';
import { rootFields } from './root-fields.js';

const MAX_URL_LENGTH = 8192;
/** Of a token or of credentials: they travel in a header. */
const MAX_SECRET_LENGTH = 8192;
const MAX_PAGE_SIZE = 100;

export type CreatePushConfigRequest = TaskPushNotificationConfig & { readonly taskId: string };

export function readCreatePushConfigRequest(params: unknown): CreatePushConfigRequest {
  const problems = new Problems();
  const fields = rootFields(params, problems);
  const taskId = fields.requiredId('taskId', TASK_ID_HINT);
  const config = readPushConfig(fields) as TaskPushNotificationConfig;
  problems.throwIfAny();
  return { ...config, taskId };
}

export function readPushConfigReference(params: unknown): PushConfigReference {
  const problems = new Problems();
  const fields = rootFields(params, problems);
  const tenant = fields.optionalText('tenant');
  const taskId = fields.requiredId('taskId', TASK_ID_HINT);
  const id = fields.requiredId('id', 'is required: the id of a config, as its creation answered it');
  problems.throwIfAny();
  return { ...(tenant === undefined ? {} : { tenant }), taskId, id };
}

export function readListPushConfigsRequest(params: unknown): ListPushConfigsRequest {
  const problems = new Problems();
  const fields = rootFields(params, problems);
  const tenant = fields.optionalText('tenant');
  const taskId = fields.requiredId('taskId', TASK_ID_HINT);
  // 0 is unset, as in proto3.
  const pageSize = fields.count('pageSize') || undefined;
  if (pageSize !== undefined && pageSize > MAX_PAGE_SIZE) fields.problem('pageSize', `must be from 1 to ${MAX_PAGE_SIZE}, not ${pageSize}`);
  const pageToken = fields.optionalText('pageToken');
  problems.throwIfAny();
  return {
    ...(tenant === undefined ? {} : { tenant }),
    taskId,
    ...(pageSize === undefined ? {} : { pageSize }),
    ...(pageToken === undefined ? {} : { pageToken }),
  };
}

/** The config itself, as it comes alone or in `configuration.taskPushNotificationConfig` (S9). */
export function readPushConfig(fields: FieldReader | undefined): TaskPushNotificationConfig | undefined {
  if (fields === undefined) return undefined;
  const tenant = fields.optionalText('tenant');
  const id = fields.optionalText('id');
  const taskId = fields.optionalText('taskId');
  const url = readUrl(fields);
  const token = readHeaderText(fields, 'token');
  const authentication = readAuthentication(fields.object('authentication'));
  return {
    ...(tenant === undefined ? {} : { tenant }),
    ...(id === undefined ? {} : { id }),
    ...(taskId === undefined ? {} : { taskId }),
    url,
    ...(token === undefined ? {} : { token }),
    ...(authentication === undefined ? {} : { authentication }),
  };
}

function readUrl(fields: FieldReader): string {
  const text = fields.optionalText('url', MAX_URL_LENGTH);
  if (text === undefined) {
    if (fields.value('url') === undefined || fields.value('url') === '')
      fields.problem('url', 'is required: the address that notifications are posted to');
    return '';
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) fields.problem('url', 'must be an absolute http or https URL');
  else if (url.username !== '' || url.password !== '') fields.problem('url', 'must hold no user name and no password; use authentication');
  return text;
}

function readAuthentication(fields: FieldReader | undefined): TaskPushNotificationConfig['authentication'] {
  if (fields === undefined) return undefined;
  const scheme = fields.requiredId('scheme', 'is required: the scheme of the Authorization header, for example Bearer');
  // RFC 9110 §5.6.2
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]*$/.test(scheme)) fields.problem('scheme', 'must be one word, for example Bearer');
  const credentials = readHeaderText(fields, 'credentials');
  return { scheme, ...(credentials === undefined ? {} : { credentials }) };
}

/** Never quoted in a problem: it is a secret. */
function readHeaderText(fields: FieldReader, name: string): string | undefined {
  const text = fields.optionalText(name, MAX_SECRET_LENGTH);
  if (text === undefined || /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(text)) return text;
  fields.problem(name, 'must be printable ASCII without blanks around it: it travels in a header');
  return undefined;
}

const TASK_ID_HINT = 'is required: the id of a task, as an earlier answer gave it';
