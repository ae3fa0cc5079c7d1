/** The paths of the HTTP+JSON binding (A13): one table, relative to the interface's URL. */
import type { Settings } from '../config/settings.js';
import { EXTENDED_CARD_HEADERS } from './extended-card.js';
import type { RunAnswer, RunStream } from './operations.js';
import { type FrameEncoder, frameText } from './stream-frame.js';

export type RestRoute = {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below the interface's URL, or below that and a tenant. Names in braces are fields of the request. */
  readonly path: string;
  /** The operation's name, for traces. */
  readonly operation: string;
  /** Default: 1.0. */
  readonly wireVersion?: '0.3';
  /** Fields that the query may hold (RE3), and how their text is read; POST takes its fields from the body first. */
  readonly query?: QueryFields;
  /** Of an answer that is no error. */
  readonly headers?: Readonly<Record<string, string>>;
} & (
  | { readonly type: 'answer'; readonly run: RunAnswer }
  | { readonly type: 'stream'; readonly run: RunStream; readonly encode: (settings: Settings) => FrameEncoder<string> }
);

/** Integers and enums are texts here: the readers of requests take them so (D6). */
export type QueryFields = Readonly<Record<string, 'text' | 'boolean' | 'timestamp'>>;

const LIST_TASKS: QueryFields = {
  contextId: 'text',
  status: 'text',
  pageSize: 'text',
  pageToken: 'text',
  historyLength: 'text',
  statusTimestampAfter: 'timestamp',
  includeArtifacts: 'boolean',
};
const PUSH_CONFIGS = '/tasks/{taskId}/pushNotificationConfigs';

// biome-ignore format: a table reads best as one
export const REST_ROUTES: readonly RestRoute[] = [
  { method: 'POST', path: '/message:send', operation: 'SendMessage', type: 'answer', run: (operations, params, call) => operations.sendMessage(params, call) },
  { method: 'POST', path: '/message:stream', operation: 'SendStreamingMessage', type: 'stream', encode: () => frameText, run: (operations, params, call) => operations.sendStreamingMessage(params, call) },
  { method: 'GET', path: '/tasks', operation: 'ListTasks', query: LIST_TASKS, type: 'answer', run: (operations, params, call) => operations.listTasks(params, call) },
  // Behind the verbs comes the bare id: of `a:b:cancel` the id is `a:b`, of `a:b` it is all.
  { method: 'POST', path: '/tasks/{id}:cancel', operation: 'CancelTask', type: 'answer', run: (operations, params, call) => operations.cancelTask(params, call) },
  // A15.1: the specification says POST, its proto GET, and clients do either.
  { method: 'POST', path: '/tasks/{id}:subscribe', operation: 'SubscribeToTask', type: 'stream', encode: () => frameText, run: (operations, params, call) => operations.subscribeToTask(params, call) },
  { method: 'GET', path: '/tasks/{id}:subscribe', operation: 'SubscribeToTask', type: 'stream', encode: () => frameText, run: (operations, params, call) => operations.subscribeToTask(params, call) },
  { method: 'GET', path: '/tasks/{id}', operation: 'GetTask', query: { historyLength: 'text' }, type: 'answer', run: (operations, params, call) => operations.getTask(params, call) },
  { method: 'POST', path: PUSH_CONFIGS, operation: 'CreateTaskPushNotificationConfig', type: 'answer', run: (operations, params, call) => operations.createPushConfig(params, call) },
  { method: 'GET', path: PUSH_CONFIGS, operation: 'ListTaskPushNotificationConfigs', query: { pageSize: 'text', pageToken: 'text' }, type: 'answer', run: (operations, params, call) => operations.listPushConfigs(params, call) },
  { method: 'GET', path: `${PUSH_CONFIGS}/{id}`, operation: 'GetTaskPushNotificationConfig', type: 'answer', run: (operations, params, call) => operations.getPushConfig(params, call) },
  { method: 'DELETE', path: `${PUSH_CONFIGS}/{id}`, operation: 'DeleteTaskPushNotificationConfig', type: 'answer', run: (operations, params, call) => operations.deletePushConfig(params, call) },
  { method: 'GET', path: '/extendedAgentCard', operation: 'GetExtendedAgentCard', headers: EXTENDED_CARD_HEADERS, type: 'answer', run: (operations, params, call) => operations.getExtendedAgentCard(params, call) },
];

/** First segments of those paths: never tenants (RE1), so that a path means one thing. */
export const REST_WORDS: ReadonlySet<string> = new Set(REST_ROUTES.map(({ path }) => path.split('/')[1] as string));
