/** The four operations on push notification configs, and the config that comes with a message (P1–P5, S9). */
import { AppError, hasCode } from '../../base/errors.js';
import { newId } from '../../base/ids.js';
import { sha256Hex } from '../../base/json.js';
import type { ListPushConfigsResponse, SendMessageRequest, TaskPushNotificationConfig } from '../../protocol/a2a.js';
import { readCreatePushConfigRequest, readListPushConfigsRequest, readPushConfigReference } from '../../protocol/read-push-requests.js';
import type { PushConfig } from '../../tasks/push-config-store.js';
import type { TaskRecord } from '../../tasks/task-store.js';
import type { OperationCall, OperationDependencies } from '../operation-call.js';
import { getTaskRecord } from '../read-task.js';
import type { PushPorts } from './push-ports.js';
import type { PushSecrets } from './push-secrets.js';

export async function createPushConfig(
  dependencies: OperationDependencies,
  params: unknown,
  call: OperationCall,
): Promise<TaskPushNotificationConfig> {
  const ports = getPushPorts(dependencies);
  const request = readCreatePushConfigRequest(params);
  const task = await getTaskRecord(dependencies.store, request.taskId, call);
  await assertWebhook(dependencies, ports, request.url, 'url', call.signal);
  return toWire(await save(dependencies, ports, request, task, { id: request.id ?? newId(dependencies.clock.now()) }, call), ports);
}

export async function getPushConfig(
  dependencies: OperationDependencies,
  params: unknown,
  call: OperationCall,
): Promise<TaskPushNotificationConfig> {
  const ports = getPushPorts(dependencies);
  const { taskId, id } = readPushConfigReference(params);
  await getTaskRecord(dependencies.store, taskId, call);
  const config = await ports.store.find(taskId, id);
  // P3: the protocol has no error of its own for it.
  if (config === undefined) throw new AppError('TASK_NOT_FOUND', { message: `Task '${taskId}' has no push notification config '${id}'` });
  return toWire(config, ports);
}

/** P4: also those that were given up, until their task is deleted. */
export async function listPushConfigs(
  dependencies: OperationDependencies,
  params: unknown,
  call: OperationCall,
): Promise<ListPushConfigsResponse> {
  const ports = getPushPorts(dependencies);
  const { taskId, pageSize = DEFAULT_PAGE_SIZE, pageToken } = readListPushConfigsRequest(params);
  await getTaskRecord(dependencies.store, taskId, call);
  const configs = await ports.store.list(taskId);
  const start = pageToken === undefined ? 0 : findStart(configs, pageToken);
  const page = configs.slice(start, start + pageSize);
  const isLast = start + pageSize >= configs.length;
  return { configs: page.map((config) => toWire(config, ports)), nextPageToken: isLast ? '' : formatToken(page.at(-1) as PushConfig) };
}

/** P5: deleting what is gone is no error. */
export async function deletePushConfig(
  dependencies: OperationDependencies,
  params: unknown,
  call: OperationCall,
): Promise<Record<string, never>> {
  const ports = getPushPorts(dependencies);
  const { taskId, id } = readPushConfigReference(params);
  await getTaskRecord(dependencies.store, taskId, call);
  await ports.store.delete(taskId, id);
  return {};
}

/**
 * S9, before the message is accepted: whatever could be refused about its config is refused now.
 * @returns what registers it, with the task that the message made or continued.
 */
export async function prepareSentConfig(
  dependencies: OperationDependencies,
  { message, configuration }: SendMessageRequest,
  call: OperationCall,
): Promise<(task: TaskRecord) => Promise<void>> {
  const config = configuration?.taskPushNotificationConfig;
  if (config === undefined) return async () => undefined;
  const ports = getPushPorts(dependencies);
  if (config.taskId !== undefined && config.taskId !== '' && config.taskId !== message.taskId) {
    const description = 'must be empty, or the taskId of the message: the config is for the task that the message makes or continues';
    throw new AppError('PARAMS_INVALID', {
      message: `Invalid parameters: ${SENT_TASK_ID}: ${description}`,
      problems: [{ field: SENT_TASK_ID, description }],
    });
  }
  // First: what else is wrong may say something about a task that the caller must not know of (E7).
  if (message.taskId !== undefined) await getTaskRecord(dependencies.store, message.taskId, call);
  await assertWebhook(dependencies, ports, config.url, SENT_URL, call.signal);
  // A message that is sent again must find the config that it made (R11).
  const id = config.id ?? `m-${sha256Hex(message.messageId).slice(0, 32)}`;
  if (message.taskId !== undefined) {
    const configs = await ports.store.list(message.taskId);
    const isNew = configs.every((known) => known.id !== id);
    if (isNew && configs.length >= maxPerTask(dependencies)) throw tooMany(dependencies);
  }
  return async (task) => {
    await save(dependencies, ports, config, task, { id, startSeq: task.seq }, call);
  };
}

async function save(
  dependencies: OperationDependencies,
  { store, secrets, announce }: PushPorts,
  config: TaskPushNotificationConfig,
  task: TaskRecord,
  place: { readonly id: string; readonly startSeq?: number },
  call: OperationCall,
): Promise<PushConfig> {
  const outcome = await store.save({
    ...place,
    taskId: task.id,
    tenant: call.tenant,
    url: config.url,
    token: secrets.seal(config.token ?? ''),
    scheme: config.authentication?.scheme ?? '',
    credentials: secrets.seal(config.authentication?.credentials ?? ''),
    wireVersion: call.wireVersion ?? '1.0',
    maxPerTask: maxPerTask(dependencies),
    at: dependencies.clock.now(),
  });
  switch (outcome.type) {
    case 'saved':
      announce(outcome.config);
      return outcome.config;
    case 'too-many':
      throw tooMany(dependencies);
    case 'no-task':
      throw new AppError('TASK_NOT_FOUND', { message: `Task '${task.id}' not found` });
  }
}

function getPushPorts({ push, settings }: OperationDependencies): PushPorts {
  if (push !== undefined && settings().server.a2a.push.enabled) return push;
  throw new AppError('PUSH_NOT_SUPPORTED', { message: 'Push notifications are not supported (server.a2a.push.enabled is false)' });
}

/** P10, P11. Names that do not resolve are refused too: the client learns of a slip now rather than never. */
async function assertWebhook(
  { settings, log }: OperationDependencies,
  { guard }: PushPorts,
  text: string,
  field: string,
  signal: AbortSignal,
): Promise<void> {
  const url = new URL(text);
  if (settings().server.a2a.push.requireHttps && url.protocol !== 'https:') {
    throw refusedUrl(field, 'must be an https URL (server.a2a.push.require_https is true)');
  }
  try {
    await guard.assertHost(url, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    if (!hasCode(error, 'ADDRESS_NOT_ALLOWED')) throw refusedUrl(field, `the host '${url.hostname}' cannot be resolved`, error);
    log.info({ host: url.hostname }, 'a webhook was refused: its address is not public');
    throw refusedUrl(field, (error as AppError).message, error);
  }
}

function refusedUrl(field: string, description: string, cause?: unknown): AppError {
  return new AppError('PARAMS_INVALID', {
    message: `Invalid parameters: ${field}: ${description}`,
    problems: [{ field, description }],
    cause,
  });
}

function tooMany(dependencies: OperationDependencies): AppError {
  return new AppError('PUSH_TOO_MANY_CONFIGS', {
    message: `A task has at most ${maxPerTask(dependencies)} push notification configs (server.a2a.push.max_configs_per_task); delete one first`,
  });
}

function maxPerTask({ settings }: OperationDependencies): number {
  return settings().server.a2a.push.maxConfigsPerTask;
}

/** P11: credentials are not told to anybody again, the token is the client's own mark. */
function toWire(config: PushConfig, { secrets }: PushPorts): TaskPushNotificationConfig {
  const token = findToken(config, secrets);
  return {
    ...(config.tenant === '' ? {} : { tenant: config.tenant }),
    id: config.id,
    taskId: config.taskId,
    url: config.url,
    ...(token === '' ? {} : { token }),
    ...(config.scheme === '' ? {} : { authentication: { scheme: config.scheme } }),
  };
}

/** '' also for one that another key sealed: its config can still be listed, replaced and deleted. */
function findToken({ token }: PushConfig, secrets: PushSecrets): string {
  try {
    return secrets.open(token);
  } catch (error) {
    if (hasCode(error, 'PUSH_SECRET_UNREADABLE')) return '';
    throw error;
  }
}

/** Behind the config that the page before ended with, whether it is still there or not. */
function findStart(configs: readonly PushConfig[], token: string): number {
  const match = /^(\d{1,16})\.([\w-]{1,64})$/.exec(token);
  if (match === null) throw refusedUrl('pageToken', 'must be the nextPageToken of an earlier answer');
  const [, createdAt, key] = match as unknown as [string, string, string];
  const found = configs.findIndex(
    (config) => config.createdAt > Number(createdAt) || (config.createdAt === Number(createdAt) && config.key > key),
  );
  return found < 0 ? configs.length : found;
}

function formatToken({ createdAt, key }: PushConfig): string {
  return `${createdAt}.${key}`;
}

const DEFAULT_PAGE_SIZE = 50;
const SENT_URL = 'configuration.taskPushNotificationConfig.url';
const SENT_TASK_ID = 'configuration.taskPushNotificationConfig.taskId';
