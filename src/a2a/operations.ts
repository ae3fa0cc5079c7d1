/**
 * What A2A can do, whatever the binding: requests in as plain JSON, checked here; answers out as wire shapes.
 * A binding has seen to the agent (it exists for the caller) and to the version before an operation is reached. Then every operation
 * checks in this order: required extensions, the caller's limits of requests, its place for a stream, the parameters, the task and whose it is.
 */
import { ownerOf } from '../access/principal.js';
import { andThen } from '../base/maybe-promise.js';
import type {
  AgentCard,
  ListPushConfigsResponse,
  ListTasksResponse,
  SendMessageResponse,
  Task,
  TaskPushNotificationConfig,
} from '../protocol/a2a.js';
import { readCancelTaskRequest, readGetTaskRequest } from '../protocol/read-requests.js';
import type { LimitUse } from '../tasks/admission.js';
import { getExtendedAgentCard } from './extended-card.js';
import { assertRequiredExtensions } from './extensions.js';
import { listTasks } from './list-tasks.js';
import type { OperationCall, OperationDependencies } from './operation-call.js';
import { createPushConfig, deletePushConfig, getPushConfig, listPushConfigs } from './push/push-operations.js';
import { getTaskHead, getTaskRecord, readTaskView } from './read-task.js';
import { RecentTasks } from './recent-tasks.js';
import { sendMessage, sendStreamingMessage } from './send-message.js';
import { withPlace } from './stream-place.js';
import { subscribeToTask } from './subscribe-to-task.js';
import type { FrameStream } from './task-stream.js';

/** Every operation throws `AppError`; a stream that resolves has passed every check (T10). */
export interface Operations {
  sendMessage(params: unknown, call: OperationCall): Promise<SendMessageResponse>;
  sendStreamingMessage(params: unknown, call: OperationCall): Promise<FrameStream>;
  getTask(params: unknown, call: OperationCall): Promise<Task>;
  listTasks(params: unknown, call: OperationCall): Promise<ListTasksResponse>;
  cancelTask(params: unknown, call: OperationCall): Promise<Task>;
  subscribeToTask(params: unknown, call: OperationCall): Promise<FrameStream>;
  createPushConfig(params: unknown, call: OperationCall): Promise<TaskPushNotificationConfig>;
  getPushConfig(params: unknown, call: OperationCall): Promise<TaskPushNotificationConfig>;
  listPushConfigs(params: unknown, call: OperationCall): Promise<ListPushConfigsResponse>;
  deletePushConfig(params: unknown, call: OperationCall): Promise<Record<string, never>>;
  getExtendedAgentCard(params: unknown, call: OperationCall): Promise<AgentCard>;
}

/** What a binding does for one of its methods or paths. */
export type RunAnswer = (operations: Operations, params: unknown, call: OperationCall) => Promise<unknown>;
export type RunStream = (operations: Operations, params: unknown, call: OperationCall) => Promise<FrameStream>;

export function createOperations(dependencies: OperationDependencies): Operations {
  const { store, quota, limits, clock } = dependencies;
  const recent = new RecentTasks(clock);
  return guarded(limits, {
    sendMessage: (params, call) => sendMessage(dependencies, params, call),
    sendStreamingMessage: withPlace(quota, (params, call) => sendStreamingMessage(dependencies, params, call)),
    listTasks: (params, call) => listTasks({ store, recent }, params, call),
    subscribeToTask: withPlace(quota, (params, call) => subscribeToTask(dependencies, params, call)),
    createPushConfig: (params, call) => createPushConfig(dependencies, params, call),
    getPushConfig: (params, call) => getPushConfig(dependencies, params, call),
    listPushConfigs: (params, call) => listPushConfigs(dependencies, params, call),
    deletePushConfig: (params, call) => deletePushConfig(dependencies, params, call),

    getExtendedAgentCard: (params, call) => getExtendedAgentCard(dependencies, params, call),

    async getTask(params, call) {
      const { id, historyLength } = readGetTaskRequest(params);
      const { seq } = await getTaskHead(store, id, call);
      const { view, task } = recent.find(id, seq, 'whole') ?? recent.keep(id, await readTaskView(store, id), 'whole');
      return historyLength === undefined ? task : view.toTask(historyLength);
    },

    async cancelTask(params, call) {
      const { id } = readCancelTaskRequest(params);
      await getTaskRecord(store, id, call);
      const task = await dependencies.cancelTask(id, ownerOf(call.principal));
      return (await readTaskView(store, task.id)).toTask();
    },
  });
}

/** H3 and Z4, once for every operation on every binding. */
function guarded(limits: OperationDependencies['limits'], operations: Operations): Operations {
  const entries = Object.entries(operations).map(([name, run]) => [
    name,
    (params: unknown, call: OperationCall) => {
      const go = (uses: readonly LimitUse[]) => {
        if (uses.length > 0) call.onLimits?.(uses);
        return run(params, call);
      };
      try {
        assertRequiredExtensions(call.agent, call.agentSettings, call.extensions);
        return andThen(limits === undefined || call.isPart === true ? [] : limits.admitCall(call.principal), go);
      } catch (error) {
        return Promise.reject(error);
      }
    },
  ]);
  return Object.fromEntries(entries) as Operations;
}
