/** How a run ends: the last outcome of its steps. */
import { AppError, describeForClient } from '../../base/errors.js';
import { newId } from '../../base/ids.js';
import type { FinishReason } from '../../providers/llms/contract.js';
import type { StepOutcome, StepState } from '../agent.js';
import { type RunUsage, withUsage } from '../usage.js';
import type { Answer } from './collect-answer.js';

type StepResult = Pick<StepOutcome, 'control' | 'messages' | 'events' | 'sessionState'>;

export function finished(reason: FinishReason, usage: RunUsage, result: StepResult): StepOutcome {
  return {
    type: 'finished',
    ...result,
    ...withUsage(reason === 'stop' ? {} : { 'hector:finish_reason': reason }, usage),
  };
}

/** @param usage of an agent with a model. The message is for the client; hosts, keys and causes stay in the log. */
export function failed(error: AppError, { task }: StepState, result: StepResult, usage?: RunUsage): StepOutcome {
  return {
    type: 'failed',
    ...result,
    errorCode: error.code,
    statusMessage: {
      messageId: newId(),
      role: 'ROLE_AGENT',
      taskId: task.id,
      contextId: task.contextId,
      parts: [{ text: describeForClient(error) }],
    },
    ...withUsage(undefined, usage),
  };
}

/** Why an answer without a word is a failure; `undefined` when it is none. */
export function wordlessReason({ text, reason }: Answer, llm: string): AppError | undefined {
  if (text !== '') return undefined;
  if (reason === 'length')
    return new AppError('AGENT_FAILED', { message: `The model reached its limit before it answered; raise llms.${llm}.max_tokens` });
  if (reason === 'content_filter')
    return new AppError('AGENT_FAILED', { message: "The model provider's content filter withheld the answer" });
  return undefined;
}
