/** The methods of `lf.a2a.v1.A2AService` (GR1): their wire form, and the operation behind each. */
import { A2AService } from '@a2a-js/sdk/server/grpc';
import { formatAgentTenant } from '../a2a/agent-tenant.js';
import type { OperationCall } from '../a2a/operation-call.js';
import type { Operations } from '../a2a/operations.js';
import type { FrameStream } from '../a2a/task-stream.js';
import { AppError } from '../base/errors.js';
import type { JsonObject } from '../base/json.js';
import type { TaskPushNotificationConfig } from '../protocol/a2a.js';
import {
  fromCancelTaskRequest,
  fromExtendedCardRequest,
  fromGetTaskRequest,
  fromListPushConfigsRequest,
  fromListTasksRequest,
  fromPushConfig,
  fromPushConfigReference,
  fromSendMessageRequest,
  fromSubscribeToTaskRequest,
} from './decode-request.js';
import {
  toAgentCard,
  toListPushConfigsResponse,
  toListTasksResponse,
  toPushConfig,
  toSendMessageResponse,
  toStreamResponse,
  toTask,
} from './encode-response.js';

interface MethodBase {
  /** `/lf.a2a.v1.A2AService/<Name>` */
  readonly path: string;
  /** @throws AppError for bytes that are no such request. */
  readonly decode: (bytes: Buffer) => JsonObject;
}

export interface AnswerMethod extends MethodBase {
  readonly type: 'answer';
  /** The encoded result. */
  readonly run: (operations: Operations, params: JsonObject, call: OperationCall) => Promise<Buffer>;
}

export interface StreamMethod extends MethodBase {
  readonly type: 'stream';
  readonly run: (operations: Operations, params: JsonObject, call: OperationCall) => Promise<FrameStream>;
}

export type GrpcMethod = AnswerMethod | StreamMethod;

/** What is taken of the SDK: paths and the binary form, none of its behaviour. */
interface WireMethod<Request, Response> {
  readonly path: string;
  readonly requestDeserialize: (bytes: Buffer) => Request;
  readonly responseSerialize: (response: Response) => Buffer;
}

type Run<Result> = (operations: Operations, params: JsonObject, call: OperationCall) => Promise<Result>;

export const METHODS: readonly GrpcMethod[] = [
  answer(
    A2AService.sendMessage,
    fromSendMessageRequest,
    (operations, params, call) => operations.sendMessage(params, call),
    toSendMessageResponse,
  ),
  stream(A2AService.sendStreamingMessage, fromSendMessageRequest, (operations, params, call) =>
    operations.sendStreamingMessage(params, call),
  ),
  answer(A2AService.getTask, fromGetTaskRequest, (operations, params, call) => operations.getTask(params, call), toTask),
  answer(A2AService.listTasks, fromListTasksRequest, (operations, params, call) => operations.listTasks(params, call), toListTasksResponse),
  answer(A2AService.cancelTask, fromCancelTaskRequest, (operations, params, call) => operations.cancelTask(params, call), toTask),
  stream(A2AService.subscribeToTask, fromSubscribeToTaskRequest, (operations, params, call) => operations.subscribeToTask(params, call)),
  answer(
    A2AService.createTaskPushNotificationConfig,
    fromPushConfig,
    async (operations, params, call) => withAddress(await operations.createPushConfig(params, call), call),
    toPushConfig,
  ),
  answer(
    A2AService.getTaskPushNotificationConfig,
    fromPushConfigReference,
    async (operations, params, call) => withAddress(await operations.getPushConfig(params, call), call),
    toPushConfig,
  ),
  answer(
    A2AService.listTaskPushNotificationConfigs,
    fromListPushConfigsRequest,
    async (operations, params, call) => {
      const page = await operations.listPushConfigs(params, call);
      return { ...page, configs: page.configs.map((config) => withAddress(config, call)) };
    },
    toListPushConfigsResponse,
  ),
  answer(
    A2AService.deleteTaskPushNotificationConfig,
    fromPushConfigReference,
    (operations, params, call) => operations.deletePushConfig(params, call),
    () => ({}),
  ),
  answer(
    A2AService.getExtendedAgentCard,
    fromExtendedCardRequest,
    (operations, params, call) => operations.getExtendedAgentCard(params, call),
    toAgentCard,
  ),
];

export const encodeStreamResponse = (response: Parameters<typeof toStreamResponse>[0]): Buffer =>
  A2AService.sendStreamingMessage.responseSerialize(toStreamResponse(response));

/** The tenant as this binding has it, which names the agent too, so that a config can be sent as it was answered. */
function withAddress(config: TaskPushNotificationConfig, call: OperationCall): TaskPushNotificationConfig {
  return { ...config, tenant: formatAgentTenant(call) };
}

function answer<Request, Response, Result>(
  wire: WireMethod<Request, Response>,
  toParams: (request: Request) => JsonObject,
  run: Run<Result>,
  toResponse: (result: Result) => Response,
): AnswerMethod {
  return {
    type: 'answer',
    path: wire.path,
    decode: decodeWith(wire, toParams),
    run: async (operations, params, call) => wire.responseSerialize(toResponse(await run(operations, params, call))),
  };
}

function stream<Request>(
  wire: WireMethod<Request, never>,
  toParams: (request: Request) => JsonObject,
  run: Run<FrameStream>,
): StreamMethod {
  return { type: 'stream', path: wire.path, decode: decodeWith(wire, toParams), run };
}

/** Decoding runs here, not inside the library, which would answer INTERNAL for what is the client's mistake. */
function decodeWith<Request>(wire: WireMethod<Request, never>, toParams: (request: Request) => JsonObject): (bytes: Buffer) => JsonObject {
  return (bytes) => {
    try {
      return toParams(wire.requestDeserialize(bytes));
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      const name = wire.path.slice(wire.path.lastIndexOf('/') + 1);
      throw new AppError('REQUEST_INVALID', {
        message: `Request payload validation error: the bytes are not a request of ${name} as a2a.proto defines it`,
        cause,
      });
    }
  };
}
