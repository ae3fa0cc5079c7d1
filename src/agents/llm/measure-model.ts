/** A language model whose calls are counted for the agent that makes them (OBS-10, OBS-11, OBS-14). */
import type { Clock } from '../../base/clock.js';
import type { LlmPrice } from '../../config/settings.js';
import { errorType } from '../../observe/error-type.js';
import type { Meter } from '../../observe/meter.js';
import type { LanguageModel, ModelEvent, ModelRequest, ModelUsage } from '../../providers/llms/contract.js';
import { costOf } from '../../providers/llms/cost.js';
import { spendTokens } from '../../tasks/token-account.js';

export interface MeasureModelOptions {
  /** Key in `agents`. */
  readonly agent: string;
  /** Key in `llms` of the model that is asked first. */
  readonly llm: string;
  readonly findPrice: (llm: string) => LlmPrice | undefined;
  readonly metrics: Meter;
  readonly clock: Clock;
}

export function measureModel(model: LanguageModel, options: MeasureModelOptions): LanguageModel {
  return {
    provider: model.provider,
    model: model.model,
    get supportsOutputSchema() {
      return model.supportsOutputSchema === true;
    },
    generate: (request, signal) => measure(model, request, signal, options),
  };
}

async function* measure(
  asked: LanguageModel,
  request: ModelRequest,
  signal: AbortSignal,
  { agent, llm, findPrice, metrics, clock }: MeasureModelOptions,
): AsyncGenerator<ModelEvent, void, undefined> {
  const { provider, model } = asked;
  const startedMs = clock.monotonic();
  let answeredBy = { llm, provider, model };
  let usage: ModelUsage | undefined;
  let hasBegun = false;
  let failure: unknown;
  let isFinished = false;
  try {
    for await (const event of asked.generate(request, signal)) {
      if (!hasBegun) metrics.observe('llm_first_token_seconds', { agent, provider, model }, (clock.monotonic() - startedMs) / 1_000);
      hasBegun = true;
      if (event.type === 'finish') {
        isFinished = true;
        usage = event.usage;
        answeredBy = event.answeredBy ?? answeredBy;
      }
      yield event;
    }
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    const { llm: key, ...labels } = answeredBy;
    metrics.count('llm_requests_total', { agent, ...labels });
    if (isFinished) metrics.observe('llm_request_duration_seconds', { agent, ...labels }, (clock.monotonic() - startedMs) / 1_000);
    if (usage !== undefined) countTokens(usage);
    if (failure !== undefined && !signal.aborted) {
      const error_type = errorType(failure);
      metrics.count('llm_errors_total', { agent, ...labels, error_type });
      metrics.count('errors_total', { component: 'llm', error_type });
    }
    function countTokens(used: ModelUsage): void {
      spendTokens(used.inputTokens + used.outputTokens);
      metrics.count('llm_tokens_total', { agent, type: 'prompt' }, used.inputTokens);
      metrics.count('llm_tokens_total', { agent, type: 'completion' }, used.outputTokens);
      if (used.cachedTokens !== undefined) metrics.count('llm_cached_tokens_total', { agent }, used.cachedTokens);
      const price = findPrice(key);
      if (price !== undefined) metrics.count('llm_cost_total', { agent, ...labels }, costOf(used, price));
    }
  }
}
