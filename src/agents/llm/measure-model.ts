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

/** No generator around the model's: each would cost four more promises at every piece of text. */
function measure(
  asked: LanguageModel,
  request: ModelRequest,
  signal: AbortSignal,
  options: MeasureModelOptions,
): AsyncIterable<ModelEvent> {
  return {
    [Symbol.asyncIterator]() {
      const call = new MeasuredCall(asked, signal, options);
      const fail = (error: unknown): never => {
        call.end(error);
        throw error;
      };
      let events: AsyncIterator<ModelEvent>;
      try {
        events = asked.generate(request, signal)[Symbol.asyncIterator]();
      } catch (error) {
        return fail(error);
      }
      const look = (next: IteratorResult<ModelEvent>) => {
        if (next.done === true) call.end();
        else call.look(next.value);
        return next;
      };
      return {
        next: () => Promise.resolve(events.next()).then(look, fail),
        async return() {
          call.end();
          await events.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

class MeasuredCall {
  readonly #asked: LanguageModel;
  readonly #signal: AbortSignal;
  readonly #options: MeasureModelOptions;
  readonly #startedMs: number;
  #finish: Extract<ModelEvent, { type: 'finish' }> | undefined;
  #hasBegun = false;
  #isOver = false;

  constructor(asked: LanguageModel, signal: AbortSignal, options: MeasureModelOptions) {
    this.#asked = asked;
    this.#signal = signal;
    this.#options = options;
    this.#startedMs = options.clock.monotonic();
  }

  look(event: ModelEvent): void {
    if (!this.#hasBegun) {
      const { provider, model } = this.#asked;
      const { agent, metrics } = this.#options;
      metrics.observe('llm_first_token_seconds', { agent, provider, model }, this.#seconds());
    }
    this.#hasBegun = true;
    if (event.type === 'finish') this.#finish = event;
  }

  /** Only the first time counts. */
  end(failure?: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { agent, llm, metrics } = this.#options;
    const { provider, model } = this.#asked;
    const { llm: key, ...labels } = this.#finish?.answeredBy ?? { llm, provider, model };
    metrics.count('llm_requests_total', { agent, ...labels });
    if (this.#finish !== undefined) metrics.observe('llm_request_duration_seconds', { agent, ...labels }, this.#seconds());
    if (this.#finish?.usage !== undefined) this.#countTokens(this.#finish.usage, key, labels);
    if (failure === undefined || this.#signal.aborted) return;
    const error_type = errorType(failure);
    metrics.count('llm_errors_total', { agent, ...labels, error_type });
    metrics.count('errors_total', { component: 'llm', error_type });
  }

  #countTokens(used: ModelUsage, llm: string, labels: { readonly provider: string; readonly model: string }): void {
    const { agent, metrics, findPrice } = this.#options;
    spendTokens(used.inputTokens + used.outputTokens);
    metrics.count('llm_tokens_total', { agent, type: 'prompt' }, used.inputTokens);
    metrics.count('llm_tokens_total', { agent, type: 'completion' }, used.outputTokens);
    if (used.cachedTokens !== undefined) metrics.count('llm_cached_tokens_total', { agent }, used.cachedTokens);
    const price = findPrice(llm);
    if (price !== undefined) metrics.count('llm_cost_total', { agent, ...labels }, costOf(used, price));
  }

  #seconds(): number {
    return (this.#options.clock.monotonic() - this.#startedMs) / 1_000;
  }
}
