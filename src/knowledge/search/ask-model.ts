/** One question of a search to a model: bounded in time and tokens. */
import type { Clock } from '../../base/clock.js';
import { AppError } from '../../base/errors.js';
import { newId } from '../../base/ids.js';
import { withinTime } from '../../base/within-time.js';
import type { LanguageModel } from '../../providers/llms/contract.js';

export interface SearchModel {
  readonly model: LanguageModel;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

export interface SearchQuestion {
  readonly system: string;
  readonly content: string;
  readonly temperature: number;
  readonly maxTokens: number;
}

/** @throws AppError `LLM_*`, also for an answer without text. */
export async function askModel(
  { model, timeoutMs, clock }: SearchModel,
  { system, content, ...limits }: SearchQuestion,
  signal: AbortSignal,
): Promise<string> {
  const createError = () => new AppError('LLM_TIMEOUT', { message: `${model.model} has not answered within ${timeoutMs} ms` });
  const message = { id: newId(), role: 'user', author: 'user', parts: [{ type: 'text', text: content }], createdAt: 0 } as const;
  const text = await withinTime({ clock, limitMs: timeoutMs, createError }, signal, async (inner) => {
    let said = '';
    for await (const event of model.generate({ system, messages: [message], tools: [], ...limits }, inner)) {
      if (event.type === 'text') said += event.text;
      // A model that does not keep to its tokens is not waited for.
      if (said.length > limits.maxTokens * MAX_TOKEN_LENGTH) break;
    }
    return said.trim();
  });
  if (text === '') throw new AppError('LLM_BAD_RESPONSE', { message: `${model.model} answered nothing` });
  return text;
}

const MAX_TOKEN_LENGTH = 16;
