/** How a run ends: the last outcome of its steps. */
import { AppError, describeForClient } from '../../base/errors.js';
import { newId } from '../../base/ids.js';
import { isJsonObject, type JsonObject } from '../../base/json.js';
import type { FinishReason } from '../../providers/llms/contract.js';
import type { StepOutcome, StepState } from '../agent.js';
import { USAGE } from '../usage.js';
import type { Answer } from './collect-answer.js';
import type { RunUsage } from './control.js';

type StepResult = Pick<StepOutcome, 'control' | 'messages' | 'events' | 'sessionState'>;

export function finished(reason: FinishReason, usage: RunUsage, result: StepResult): StepOutcome {
  return {
    type: 'finished',
    ...result,
    statusMetadata: { [USAGE]: describeUsage(usage), ...(reason === 'stop' ? {} : { 'hector:finish_reason': reason }) },
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
    ...(usage === undefined ? {} : { statusMetadata: { [USAGE]: describeUsage(usage) } }),
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

function describeUsage({ inputTokens, outputTokens, cachedTokens, cacheWriteTokens, thinkingTokens, cost }: RunUsage): JsonObject {
  return {
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    ...(cachedTokens === undefined ? {} : { cached_tokens: cachedTokens }),
    ...(cacheWriteTokens === undefined ? {} : { cache_write_tokens: cacheWriteTokens }),
    ...(thinkingTokens === undefined ? {} : { thinking_tokens: thinkingTokens }),
    ...(cost === undefined ? {} : { cost }),
  };
}

/** What an agent's status metadata say that it used; the other way of `describeUsage`. */
export function readUsage(statusMetadata: JsonObject | undefined): RunUsage | undefined {
  const usage = statusMetadata?.[USAGE];
  if (!isJsonObject(usage)) return undefined;
  const count = (name: string) => (typeof usage[name] === 'number' ? usage[name] : 0);
  return {
    inputTokens: count('input_tokens'),
    outputTokens: count('output_tokens'),
    cachedTokens: count('cached_tokens'),
    cacheWriteTokens: count('cache_write_tokens'),
    thinkingTokens: count('thinking_tokens'),
    cost: count('cost'),
  };
}
