/**
 * `provider: offline`: the built-in extractive model (ARCHITECTURE §9). Answers from retrieved passages and tool
 * results, without a key and without a network; deterministic, with settable latency.
 */
import { abortError, throwIfAborted } from '../../../../base/abort.js';
import type { Clock } from '../../../../base/clock.js';
import { newId } from '../../../../base/ids.js';
import type { LlmSettings } from '../../../../config/settings.js';
import { textOf } from '../../../../tasks/session-message.js';
import type { LanguageModel, ModelRequest } from '../../contract.js';
import type { LanguageModelDependencies } from '../../dependencies.js';
import { chooseToolCalls } from './choose-tool-call.js';
import { composeAnswer } from './compose-answer.js';
import { readConversation } from './read-conversation.js';

export function createOfflineModel(settings: LlmSettings, { clock }: Pick<LanguageModelDependencies, 'clock'>): LanguageModel {
  return {
    provider: 'offline',
    model: settings.model,
    async *generate(request, signal) {
      throwIfAborted(signal);
      const conversation = readConversation(request);
      const inputTokens = countInput(request);
      const calls = chooseToolCalls(conversation, request.tools);
      if (settings.firstTokenMs > 0) await pause(clock, settings.firstTokenMs, signal);
      if (calls.length > 0) {
        for (const call of calls) yield { type: 'tool_call', id: `offline-${newId(clock.now())}`, ...call };
        yield { type: 'finish', reason: 'tool_calls', usage: { inputTokens, outputTokens: calls.length } };
        return;
      }
      const tokens = splitTokens(composeAnswer(conversation, request));
      const limit = request.maxTokens ?? settings.maxTokens ?? tokens.length;
      let outputTokens = 0;
      for (const text of tokens.slice(0, limit)) {
        if (outputTokens > 0 && settings.tokenMs > 0) await pause(clock, settings.tokenMs, signal);
        throwIfAborted(signal);
        outputTokens += 1;
        yield { type: 'text', text };
      }
      yield { type: 'finish', reason: tokens.length > limit ? 'length' : 'stop', usage: { inputTokens, outputTokens } };
    },
  };
}

async function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(delayMs, signal);
  } catch {
    throw abortError(signal);
  }
}

/** Words with the space before them: joined they are the text again. */
function splitTokens(text: string): readonly string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}

function countInput(request: ModelRequest): number {
  return request.messages.reduce((sum, message) => sum + countMessage(message), splitTokens(request.system).length);
}

/** What is frozen stays as it is: those of a long session are counted once. */
function countMessage(message: ModelRequest['messages'][number]): number {
  const known = counts.get(message);
  if (known !== undefined) return known;
  const count = splitTokens(textOf(message) + toolText(message.parts)).length;
  if (Object.isFrozen(message)) counts.set(message, count);
  return count;
}

const counts = new WeakMap<object, number>();

function toolText(parts: ModelRequest['messages'][number]['parts']): string {
  return parts.map((part) => (part.type === 'tool_result' ? ` ${part.content}` : '')).join('');
}
