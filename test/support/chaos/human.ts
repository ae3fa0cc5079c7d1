/**
 * Somebody who is asked how a call ended, looks at the world itself, and says so: done when it was counted there, else
 * again. Answers the same question once, however often and wherever it is shown. What is not there yet may be under way, from a
 * process that got no time between its last look at its lease and the call: whoever says "again" has waited for it, as a person would.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { WireTask } from '../a2a-client.js';
import type { BalancedCaller } from './balanced-call.js';
import type { EffectWorld } from './effect-world.js';
import { plannedId } from './run-plan.js';

export interface Human {
  /** Resolves when the answer was taken. */
  answer(task: Pick<WireTask, 'id' | 'contextId'>, status: WireTask['status']): Promise<void>;
  readonly answers: { done: number; retry: number };
}

interface OutcomeRequest {
  readonly type: string;
  readonly tool_call_id: string;
  readonly arguments_hash: string;
}

export function createHuman(caller: BalancedCaller, world: EffectWorld, signal: AbortSignal): Human {
  const answered = new Map<string, Promise<void>>();
  const answers = { done: 0, retry: 0 };

  const decide = async ({ tool_call_id, arguments_hash }: OutcomeRequest) => {
    const isDone = async () => ((await world.evidence(plannedId(tool_call_id)))?.applied ?? 0) > 0;
    const outcome = (await isDone()) || (await sleep(UNDER_WAY_MS, undefined, { signal }).then(isDone)) ? 'done' : 'retry';
    answers[outcome] += 1;
    const result = outcome === 'done' ? { result: `${plannedId(tool_call_id)} is done` } : {};
    return { data: { type: 'tool_outcome', outcome, tool_call_id, arguments_hash, ...result } };
  };

  const send = async (task: Pick<WireTask, 'id' | 'contextId'>, status: WireTask['status']): Promise<void> => {
    const requests = (status.message?.parts ?? [])
      .map(({ data }) => data as OutcomeRequest | undefined)
      .filter((data): data is OutcomeRequest => data?.type === 'tool_outcome_request');
    if (requests.length === 0) throw new Error(`nothing to answer in ${JSON.stringify(status.message)}`);
    const parts = await Promise.all(requests.map(decide));
    const message = {
      messageId: `answer to ${status.message?.messageId}`,
      role: 'ROLE_USER',
      taskId: task.id,
      contextId: task.contextId,
      parts,
    };
    const params = { message, configuration: { returnImmediately: true } };
    const reply = await caller.call('SendMessage', params, { silenceMs: 3_000, signal });
    if (reply.error !== undefined) throw new Error(JSON.stringify(reply.error));
  };

  return {
    answers,
    answer(task, status) {
      const question = `${task.id} ${status.message?.messageId}`;
      const known = answered.get(question) ?? send(task, status);
      answered.set(question, known);
      return known;
    },
  };
}

const UNDER_WAY_MS = 1_500;
