/** What JSON-RPC calls of version 1.0 can ask for, and what a version of JSON-RPC calls has to say. */
import type { Settings } from '../config/settings.js';
import { CURRENT_DIALECT, type Dialect } from './dialect.js';
import { toJsonRpcError, type WireError } from './errors.js';
import type { RunAnswer, RunStream } from './operations.js';
import { type FrameEncoder, frameText } from './stream-frame.js';

export type JsonRpcMethod =
  | { readonly type: 'answer'; readonly run: RunAnswer }
  | { readonly type: 'stream'; readonly run: RunStream; readonly encode: (settings: Settings) => FrameEncoder<string> };

export interface JsonRpcDialect extends Dialect {
  readonly methods: ReadonlyMap<string, JsonRpcMethod>;
  /** `error` of a response. */
  readonly toError: (error: WireError) => object;
}

const answer = (run: RunAnswer): JsonRpcMethod => ({ type: 'answer', run });
const stream = (run: RunStream): JsonRpcMethod => ({ type: 'stream', run, encode: () => frameText });

export const CURRENT_JSON_RPC: JsonRpcDialect = {
  ...CURRENT_DIALECT,
  toError: toJsonRpcError,
  methods: new Map([
    ['SendMessage', answer((operations, params, call) => operations.sendMessage(params, call))],
    ['SendStreamingMessage', stream((operations, params, call) => operations.sendStreamingMessage(params, call))],
    ['GetTask', answer((operations, params, call) => operations.getTask(params, call))],
    ['ListTasks', answer((operations, params, call) => operations.listTasks(params, call))],
    ['CancelTask', answer((operations, params, call) => operations.cancelTask(params, call))],
    ['SubscribeToTask', stream((operations, params, call) => operations.subscribeToTask(params, call))],
    ['CreateTaskPushNotificationConfig', answer((operations, params, call) => operations.createPushConfig(params, call))],
    ['GetTaskPushNotificationConfig', answer((operations, params, call) => operations.getPushConfig(params, call))],
    ['ListTaskPushNotificationConfigs', answer((operations, params, call) => operations.listPushConfigs(params, call))],
    ['DeleteTaskPushNotificationConfig', answer((operations, params, call) => operations.deletePushConfig(params, call))],
    ['GetExtendedAgentCard', answer((operations, params, call) => operations.getExtendedAgentCard(params, call))],
  ]),
};
