/** Two kinds of callers, each with one run: one follows its stream by cursor, one waits for the answer and asks again. */
import { randomUUID } from 'node:crypto';
import { parseFrame, userMessage, type WireTask } from '../a2a-client.js';
import type { BalancedCaller } from './balanced-call.js';
import { ClientLog } from './client-log.js';
import type { Human } from './human.js';
import { planText, type RunPlan } from './run-plan.js';

export interface RunResult {
  readonly plan: RunPlan;
  readonly taskId: string;
  /** The end as the caller saw it. */
  readonly state: string;
  readonly log: ClientLog | undefined;
  /** As the last answer to a caller without a stream told it. */
  readonly task: WireTask | undefined;
  /** Defects that the caller itself saw. */
  readonly problems: readonly string[];
}

export interface RunClientOptions {
  readonly caller: BalancedCaller;
  readonly human: Human;
  readonly signal: AbortSignal;
  /** Silence after which a stream is given up and opened elsewhere, milliseconds. */
  readonly streamSilenceMs: number;
  readonly callSilenceMs: number;
}

const RELIABLE = { 'a2a-extensions': 'urn:hector:extension:reliable-stream:v1' };

export async function followRun(plan: RunPlan, options: RunClientOptions): Promise<RunResult> {
  const { caller, human, signal, streamSilenceMs: silenceMs } = options;
  const log = new ClientLog();
  const message = userMessage(planText(plan), { messageId: randomUUID() });
  const answering = new Set<Promise<void>>();
  const answerOnce = (task: Pick<WireTask, 'id' | 'contextId'>, status: WireTask['status']) => {
    const answer = human.answer(task, status).catch((error: unknown) => {
      log.problems.push(`the answer failed: ${String(error)}`);
    });
    answering.add(answer);
    void answer.finally(() => answering.delete(answer));
  };
  let contextId = '';
  const onBlock = (block: string): void => {
    const frame = parseFrame(block);
    if (frame === undefined) return;
    log.hear();
    if (frame.result.error !== undefined) {
      log.problems.push(`an error in the stream: ${JSON.stringify(frame.result.error)}`);
      return;
    }
    const status = log.add(frame);
    contextId = frame.result.task?.contextId ?? contextId;
    if (status?.state === 'TASK_STATE_INPUT_REQUIRED') answerOnce({ id: log.taskId, contextId }, status);
  };
  try {
    while (!log.isOver) {
      log.connections += 1;
      const reply =
        log.taskId === ''
          ? await caller.stream('SendStreamingMessage', { message }, { headers: RELIABLE, silenceMs, signal }, onBlock)
          : await caller.stream(
              'SubscribeToTask',
              { id: log.taskId },
              { headers: { ...RELIABLE, 'last-event-id': log.cursor }, silenceMs, signal },
              onBlock,
            );
      if (reply !== undefined && !isTemporary(reply)) {
        log.problems.push(`instead of a stream at ${log.cursor}: ${JSON.stringify(reply).slice(0, 500)}`);
        break;
      }
      await Promise.all(answering);
    }
  } catch (error) {
    log.problems.push(`given up at ${log.cursor} (${log.view.state}): ${String(error)}`);
  }
  await Promise.all(answering);
  return { plan, taskId: log.taskId, state: log.view.state, log, task: undefined, problems: log.problems };
}

export async function awaitRun(plan: RunPlan, { caller, human, signal, callSilenceMs: silenceMs }: RunClientOptions): Promise<RunResult> {
  const problems: string[] = [];
  const message = userMessage(planText(plan), { messageId: randomUUID() });
  let task: WireTask | undefined;
  try {
    for (;;) {
      const reply = await caller.call('SendMessage', { message }, { silenceMs, signal });
      const next = reply.result?.task as WireTask | undefined;
      if (next === undefined) {
        if (isTemporary(reply)) continue;
        problems.push(`instead of a task: ${JSON.stringify(reply).slice(0, 500)}`);
        break;
      }
      if (task !== undefined && next.id !== task.id) problems.push(`two tasks for one message: ${task.id}, ${next.id} (R11)`);
      task = next;
      if (task.status.state !== 'TASK_STATE_INPUT_REQUIRED') break;
      await human.answer(task, task.status);
    }
  } catch (error) {
    problems.push(`given up (${task?.status.state}): ${String(error)}`);
  }
  return { plan, taskId: task?.id ?? '', state: task?.status.state ?? '', log: undefined, task, problems };
}

/** A store was out for a moment: the reply says to come again. */
function isTemporary(reply: { error?: { code: number; data?: readonly { reason?: string }[] } }): boolean {
  return reply.error?.code === -32603 && /UNAVAILABLE|OVERLOADED|DRAINING/.test(reply.error.data?.[0]?.reason ?? '');
}
