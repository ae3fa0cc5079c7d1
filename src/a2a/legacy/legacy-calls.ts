/** What 0.3 can ask for: each call is one of 1.0's operations between two translations. */
import type { Settings } from '../../config/settings.js';
import type { TaskPushNotificationConfig, TaskState } from '../../protocol/a2a.js';
import { isTerminal } from '../../protocol/task-state.js';
import type { OperationCall } from '../operation-call.js';
import type { Operations, RunAnswer, RunStream } from '../operations.js';
import { createFrameEncoder, type FrameEncoder } from '../stream-frame.js';
import { fromLegacyConfigReference, fromLegacyPushConfig, fromLegacySend, fromLegacyTaskQuery } from './from-legacy.js';
import { toLegacyCard } from './legacy-card.js';
import { withFieldNames } from './legacy-errors.js';
import type { LegacyForm } from './legacy-form.js';
import { toLegacyEvent, toLegacyPushConfig, toLegacyResult, toLegacyTask } from './to-legacy.js';

export interface LegacyCalls {
  readonly send: RunAnswer;
  readonly stream: RunStream;
  readonly get: RunAnswer;
  readonly cancel: RunAnswer;
  readonly resubscribe: RunStream;
  readonly setPush: RunAnswer;
  readonly getPush: RunAnswer;
  readonly listPush: RunAnswer;
  readonly deletePush: RunAnswer;
  readonly card: RunAnswer;
  /** Events of a stream that a message began: it may end before its task does (A15.3). */
  readonly sentEvents: (settings: Settings) => FrameEncoder<string>;
  readonly subscribedEvents: () => FrameEncoder<string>;
}

export function createLegacyCalls(form: LegacyForm): LegacyCalls {
  const encoder = (isFinal: (state: TaskState) => boolean) =>
    createFrameEncoder((response) => JSON.stringify(toLegacyEvent(response, form, isFinal)));
  const untilEnd = encoder(isTerminal);
  const untilRest = encoder((state) => isTerminal(state) || state === 'TASK_STATE_INPUT_REQUIRED');
  return {
    send: (operations, params, call) =>
      withFieldNames(form.fieldName, async () => toLegacyResult(await operations.sendMessage(fromLegacySend(params, form), call), form)),
    stream: (operations, params, call) =>
      withFieldNames(form.fieldName, async () => operations.sendStreamingMessage(fromLegacySend(params, form), call)),
    get: async (operations, params, call) => toLegacyTask(await operations.getTask(fromLegacyTaskQuery(params), call), form),
    cancel: async (operations, params, call) => toLegacyTask(await operations.cancelTask(fromLegacyTaskQuery(params), call), form),
    resubscribe: async (operations, params, call) => operations.subscribeToTask(fromLegacyTaskQuery(params), call),
    setPush: (operations, params, call) =>
      withFieldNames(setField, async () => toLegacyPushConfig(await operations.createPushConfig(fromLegacyPushConfig(params), call), form)),
    getPush: (operations, params, call) =>
      withFieldNames(referenceField, async () => toLegacyPushConfig(await getPushConfig(operations, params, call), form)),
    listPush: (operations, params, call) =>
      withFieldNames(referenceField, async () => {
        const configs = await listPushConfigs(operations, fromLegacyConfigReference(params).taskId, call);
        return form.toPushConfigs(configs.map((config) => toLegacyPushConfig(config, form)));
      }),
    deletePush: (operations, params, call) =>
      withFieldNames(referenceField, async () => {
        await operations.deletePushConfig(fromLegacyConfigReference(params), call);
        return form.nothing;
      }),
    // It takes nothing.
    card: async (operations, _params, call) => toLegacyCard(await operations.getExtendedAgentCard({}, call)),
    sentEvents: ({ server }) => (server.a2a.closeOnInputRequired ? untilRest : untilEnd),
    subscribedEvents: () => untilEnd,
  };
}

/** Without an id: the one that was set without an id, else the first, as one that came with a message has an id of the server's. */
async function getPushConfig(operations: Operations, params: unknown, call: OperationCall): Promise<TaskPushNotificationConfig> {
  const { taskId, id } = fromLegacyConfigReference(params);
  if (id !== undefined && id !== '') return operations.getPushConfig({ taskId, id }, call);
  const configs = await listPushConfigs(operations, taskId, call);
  return configs.find((config) => config.id === taskId) ?? configs[0] ?? operations.getPushConfig({ taskId, id: taskId }, call);
}

/** All of them: 0.3 has no pages here. */
async function listPushConfigs(operations: Operations, taskId: unknown, call: OperationCall): Promise<TaskPushNotificationConfig[]> {
  const configs: TaskPushNotificationConfig[] = [];
  for (let pageToken: string | undefined; pageToken !== ''; ) {
    const page = await operations.listPushConfigs({ taskId, pageSize: 100, pageToken }, call);
    configs.push(...page.configs);
    pageToken = page.nextPageToken;
  }
  return configs;
}

function setField(path: string): string {
  if (/^(taskId|params)$|^(config\.)?pushNotificationConfig/.test(path)) return path;
  return `pushNotificationConfig.${path.replace(/scheme$/, 'schemes')}`;
}

function referenceField(path: string): string {
  if (path === 'taskId') return 'id';
  return path === 'id' ? 'pushNotificationConfigId' : path;
}
