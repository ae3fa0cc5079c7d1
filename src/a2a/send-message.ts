/** SendMessage and SendStreamingMessage: the message is committed first, what follows is only watching (R1, R6). */
import { callerRolesOf, countedAs, ownerOf } from '../access/principal.js';
import { AppError } from '../base/errors.js';
import type { SendMessageRequest, SendMessageResponse } from '../protocol/a2a.js';
import { readSendMessageRequest } from '../protocol/read-requests.js';
import type { TaskEvent } from '../tasks/task-event.js';
import type { TaskRecord } from '../tasks/task-store.js';
import { findDirectMessage, isAtRest, showsOutput } from './first-output.js';
import { assertInputModes, assertOutputModes, inputModesOf, outputModesOf } from './media-types.js';
import type { OperationCall, OperationDependencies } from './operation-call.js';
import { foldEvents, TaskView } from './project-task.js';
import { prepareSentConfig } from './push/push-operations.js';
import { readTaskView } from './read-task.js';
import { type FrameStream, openFromTask } from './task-stream.js';

export async function sendMessage(dependencies: OperationDependencies, params: unknown, call: OperationCall): Promise<SendMessageResponse> {
  const request = readRequest(dependencies, params, call);
  const { record, known } = await accept(dependencies, request, call);
  const historyLength = request.configuration?.historyLength;
  if (request.configuration?.returnImmediately && !call.agentSettings.directMessages)
    return { task: (known === undefined ? await readTaskView(dependencies.store, record.id) : foldEvents(known)).toTask(historyLength) };
  // S4: whether the answer is a Message shows only with the agent's first output.
  const until = request.configuration?.returnImmediately ? 'output' : 'rest';
  return waitUntil(until, dependencies, { record, known }, call.signal, historyLength);
}

export async function sendStreamingMessage(
  dependencies: OperationDependencies,
  params: unknown,
  call: OperationCall,
): Promise<FrameStream> {
  assertStreaming(call);
  const request = readRequest(dependencies, params, call);
  const { record, known } = await accept(dependencies, request, call);
  const historyLength = request.configuration?.historyLength;
  return openFromTask(dependencies, record, call.signal, {
    known,
    closeOnInputRequired: dependencies.settings().server.a2a.closeOnInputRequired,
    awaitsOutput: call.agentSettings.directMessages,
    ...(historyLength === undefined ? {} : { historyLength }),
  });
}

/** T1 */
export function assertStreaming({ agent, agentSettings }: OperationCall): void {
  if (agentSettings.streaming) return;
  throw new AppError('OPERATION_UNSUPPORTED', {
    message: `Agent '${agent}' does not stream (agents.${agent}.streaming is false); use SendMessage and GetTask`,
  });
}

/** Everything that can be refused without looking at a task is refused here (E6, S7). */
function readRequest({ settings }: OperationDependencies, params: unknown, { agentSettings }: OperationCall): SendMessageRequest {
  const request = readSendMessageRequest(params, { maxParts: settings().server.limits.maxMessageParts });
  assertInputModes(request.message.parts, inputModesOf(agentSettings));
  assertOutputModes(request.configuration?.acceptedOutputModes, outputModesOf(agentSettings));
  return request;
}

interface AcceptedTask {
  readonly record: TaskRecord;
  /** All events of a run that began at once. */
  readonly known: readonly TaskEvent[] | undefined;
}

async function accept(dependencies: OperationDependencies, request: SendMessageRequest, call: OperationCall): Promise<AcceptedTask> {
  const { acceptMessage, settings } = dependencies;
  const modes = request.configuration?.acceptedOutputModes;
  const roles = callerRolesOf(call.principal);
  const registerWebhook = await prepareSentConfig(dependencies, request, call);
  let known: readonly TaskEvent[] | undefined;
  const record = await acceptMessage({
    onBegun: (events) => {
      known = events;
    },
    agent: call.agent,
    owner: ownerOf(call.principal),
    caller: countedAs(call.principal),
    ...(call.onLimits === undefined ? {} : { onLimits: call.onLimits }),
    tenant: call.tenant,
    configVersion: settings().version,
    doubleTexting: call.agentSettings.doubleTexting,
    message: request.message,
    ...(request.metadata === undefined ? {} : { metadata: request.metadata }),
    ...(modes === undefined ? {} : { acceptedOutputModes: modes }),
    ...(roles === undefined ? {} : { callerRoles: roles }),
  });
  // Its place is the task as it was accepted, so nothing is missed; should this process die first, the message sent again does it.
  await registerWebhook(record);
  return { record, known };
}

/**
 * S2: the task once it rests (ended, or waiting for somebody), with everything it made, or the Message that is the whole answer (S1). A
 * client that goes away gets the task as it is then; nobody reads that, and the task goes on (R6).
 */
async function waitUntil(
  until: 'output' | 'rest',
  { feed }: OperationDependencies,
  { record, known }: AcceptedTask,
  signal: AbortSignal,
  historyLength: number | undefined,
): Promise<SendMessageResponse> {
  const view = new TaskView();
  let isShown = false;
  for await (const item of feed.follow(record.id, { seq: 0, order: 0 }, signal, { previews: until === 'output', known })) {
    if (item.type === 'event') {
      view.apply(item.event);
      const message = findDirectMessage(item);
      if (message !== undefined) return { message };
    }
    // Up to `record.seq` lies the past: a continued task was at rest before, the message has woken it.
    isShown ||= showsOutput(item);
    if (view.seq >= record.seq && (until === 'output' ? isShown : isAtRest(item))) break;
  }
  return { task: view.toTask(historyLength) };
}
