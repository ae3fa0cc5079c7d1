/** One message of a client and what follows from it: it is sent until it is accepted, its task is followed, answered, canceled. */
import { AppError } from '../../../src/base/errors.js';
import type { JsonValue } from '../../../src/base/json.js';
import type { Message } from '../../../src/protocol/a2a.js';
import { isTerminal } from '../../../src/protocol/task-state.js';
import type { DoubleTexting } from '../../../src/tasks/task-store.js';
import type { ClientView } from './client-view.js';
import type { Cluster } from './cluster.js';
import { followByFeed, followByStream, isPassing, sleep } from './followers.js';
import { callServer } from './http.js';
import { answerQuestions } from './person.js';
import type { AgentScript } from './script.js';
import type { World } from './world.js';

export interface PlannedMessage {
  readonly atMs: number;
  readonly messageId: string;
  readonly contextId: string;
  readonly agent: string;
  readonly owner: string;
  readonly script: AgentScript;
  /** What it does to earlier runs of its context. */
  readonly doubleTexting: DoubleTexting;
  /** The client sends it so often, whether it was answered or not. */
  readonly copies: number;
  /** After the task is known; `undefined` = never. */
  readonly cancelAfterMs: number | undefined;
  readonly streams: number;
  readonly feeds: number;
  readonly readMs: number;
}

/** What its client was told. */
export interface ConversationResult {
  readonly plan: PlannedMessage;
  taskId: string | undefined;
  wasCanceled: boolean;
  wasTooLateToCancel: boolean;
}

export async function converse(world: World, cluster: Cluster, plan: PlannedMessage): Promise<ConversationResult> {
  const result: ConversationResult = { plan, taskId: undefined, wasCanceled: false, wasTooLateToCancel: false };
  await sleep(world, plan.atMs);
  const { messageId, contextId } = plan;
  const script = plan.script as unknown as JsonValue;
  const message: Message = { messageId, contextId, role: 'ROLE_USER', parts: [{ text: 'go' }, { data: script }] };
  const copies = Array.from({ length: plan.copies }, () => send(world, cluster, plan, message));
  const taskIds = await Promise.all(copies);
  const taskId = taskIds[0] as string;
  world.audit.assert(new Set(taskIds).size === 1, 'R11', () => `${messageId} became ${taskIds.join(' and ')}`);
  result.taskId = taskId;
  const task = { id: taskId, agent: plan.agent, owner: plan.owner };
  const options = { world, cluster, task, readMs: plan.readMs };
  const answers: Promise<unknown>[] = [];
  const answered = new Set<string>();
  const onState = (view: ClientView) => {
    const question = view.statusMessage;
    if (view.state !== 'TASK_STATE_INPUT_REQUIRED' || question === undefined || answered.has(question.messageId)) return;
    answered.add(question.messageId);
    const parts = answerQuestions(world, taskId, question.parts);
    const answer: Message = { messageId: `${question.messageId}!`, contextId, taskId, role: 'ROLE_USER', parts };
    answers.push(sleep(world, 300 * world.scheduler.random.next()).then(() => send(world, cluster, plan, answer)));
  };
  await Promise.all([
    ...Array.from({ length: plan.streams }, () => followByStream(options, onState)),
    ...Array.from({ length: plan.feeds }, (_, index) => followByFeed(options, index % 2 === 0)),
    cancel(world, cluster, plan, result),
  ]);
  await Promise.all(answers);
  return result;
}

/** Until it is accepted; `undefined` when the task takes no messages any more. */
async function send(world: World, cluster: Cluster, plan: PlannedMessage, message: Message): Promise<string | undefined> {
  const { agent, owner, doubleTexting } = plan;
  for (;;) {
    const server = cluster.pick();
    try {
      const task = await callServer(world, server, `send ${message.messageId}`, ({ parts, configVersion }) =>
        parts.acceptMessage({ agent, owner, tenant: '', configVersion, message, doubleTexting }),
      );
      checkAccepted(world, task.id, message);
      return task.id;
    } catch (error) {
      if (error instanceof AppError && error.code === 'OPERATION_UNSUPPORTED' && message.taskId !== undefined) return undefined;
      if (!isPassing(error)) world.audit.fail('R1', `${message.messageId} was refused: ${String(error)}`);
      world.count('sent-again');
      await sleep(world, 50 + 500 * world.scheduler.random.next());
    }
  }
}

/** R1: whoever got an answer finds the task, its message and its event in SQL at this very moment. */
function checkAccepted({ audit, database }: World, taskId: string, message: Message): void {
  const events = audit.eventsOf(taskId);
  const found = events.filter((event) => 'message' in event && event.message.messageId === message.messageId);
  audit.assert(found.length === 1, 'R1', () => `${message.messageId} was accepted as ${taskId}, whose log has it ${found.length} times`);
  const rows = database.look('SELECT 1 FROM session_messages WHERE task_id = ? AND body LIKE ?', taskId, `{"id":"${message.messageId}"%`);
  audit.assert(rows.length === 1, 'R1', () => `${message.messageId} was accepted, and stands ${rows.length} times in its session`);
}

async function cancel(world: World, cluster: Cluster, plan: PlannedMessage, result: ConversationResult): Promise<void> {
  const taskId = result.taskId as string;
  if (plan.cancelAfterMs === undefined) return;
  await sleep(world, plan.cancelAfterMs);
  for (;;) {
    try {
      const task = await callServer(world, cluster.pick(), `cancel ${taskId}`, ({ parts }) => parts.cancelTask(taskId, plan.owner));
      world.audit.assert(task.state === 'TASK_STATE_CANCELED', 'R6', () => `canceling ${taskId} left it ${task.state}`);
      result.wasCanceled = true;
      world.count('canceled');
      return;
    } catch (error) {
      if (error instanceof AppError && error.code === 'TASK_NOT_CANCELABLE') {
        const state = world.audit.tasks.get(taskId)?.state;
        world.audit.assert(
          state !== undefined && isTerminal(state) && state !== 'TASK_STATE_CANCELED',
          'R6',
          () => `${taskId} is ${state}, yet too late to cancel`,
        );
        result.wasTooLateToCancel = true;
        return;
      }
      if (!isPassing(error)) world.audit.fail('R6', `cancel of ${taskId}: ${String(error)}`);
      await sleep(world, 50 + 500 * world.scheduler.random.next());
    }
  }
}
