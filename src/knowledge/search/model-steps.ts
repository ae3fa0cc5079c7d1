/**
 * The steps of a search that ask a model, as one store has them turned on. No search depends on them: when one fails, that stands in the log and
 * on its span, and the search goes on without it.
 */
import type { Clock } from '../../base/clock.js';
import { AppError, describeError } from '../../base/errors.js';
import { canonicalJson } from '../../base/json.js';
import type { SearchSettings } from '../../config/search-settings.js';
import type { Logger } from '../../observe/log.js';
import { capturePayload, recordFailure, withSpan } from '../../observe/trace.js';
import type { LanguageModel } from '../../providers/llms/contract.js';
import type { AnswerCache } from './answer-cache.js';
import { askDifferently } from './ask-differently.js';
import type { SearchModel } from './ask-model.js';
import { createLlmReranker } from './llm-reranker.js';
import type { Reranker } from './reranker.js';
import { writeHypothesis } from './write-hypothesis.js';

/** `undefined`: turned off. What they resolve to is `undefined` when they failed. */
export interface ModelSteps {
  readonly hypothesis: ((query: string, signal: AbortSignal) => Promise<string | undefined>) | undefined;
  readonly variants: ((query: string, signal: AbortSignal) => Promise<readonly string[] | undefined>) | undefined;
  readonly rerank: RerankStep | undefined;
}

export interface RerankStep {
  readonly maxPassages: number;
  run(query: string, passages: readonly string[], signal: AbortSignal): Promise<readonly number[] | undefined>;
}

export interface ModelStepsOptions {
  readonly store: string;
  readonly settings: SearchSettings;
  /** By key in `llms`. */
  readonly models: ReadonlyMap<string, LanguageModel>;
  /** Default: the model that is configured. */
  readonly reranker: Reranker | undefined;
  readonly cache: AnswerCache;
  readonly clock: Clock;
  readonly log: Logger;
}

/** @throws AppError `CONFIG_INVALID` for a model that there is not. */
export function createModelSteps(options: ModelStepsOptions): ModelSteps {
  const { store, settings, cache } = options;
  const hydeModel = settings.enableHyde ? getModel('hyde', settings.hydeLlm, options) : undefined;
  const queryModel = settings.enableMultiQuery ? getModel('multi_query', settings.multiQueryLlm, options) : undefined;
  const reranker = settings.enableRerank ? (options.reranker ?? createOwnReranker(options)) : undefined;
  return {
    hypothesis:
      hydeModel &&
      ((query, signal) =>
        attempt('hyde', options, signal, () => cache.get(keyOf(store, 'hyde', query), () => writeHypothesis(query, hydeModel, signal)))),
    variants:
      queryModel &&
      ((query, signal) =>
        attempt('multi_query', options, signal, () =>
          cache.get(keyOf(store, 'multi_query', query), () => askDifferently(query, settings.multiQueryCount, queryModel, signal)),
        )),
    rerank: reranker && {
      maxPassages: reranker.maxPassages,
      run: (query, passages, signal) =>
        attempt('rerank', options, signal, () =>
          cache.get(keyOf(store, 'rerank', query, ...passages), async () => {
            const scores = await reranker.rerank(query, passages, signal);
            if (scores.length === passages.length && scores.every(Number.isFinite)) return scores;
            throw new AppError('LLM_BAD_RESPONSE', { message: `A reranker gave ${scores.length} scores for ${passages.length} passages` });
          }),
        ),
    },
  };
}

type StepName = 'hyde' | 'multi_query' | 'rerank';

function createOwnReranker(options: ModelStepsOptions): Reranker {
  const { rerankLlm, rerankMaxResults } = options.settings;
  return createLlmReranker(getModel('rerank', rerankLlm, options), rerankMaxResults);
}

function getModel(step: StepName, llm: string | undefined, { store, settings, models, clock }: ModelStepsOptions): SearchModel {
  const model = models.get(llm ?? '');
  if (model !== undefined) return { model, timeoutMs: settings.llmTimeoutMs, clock };
  throw new AppError('CONFIG_INVALID', {
    message: `document_stores.${store}.search.${step}_llm: there is no llm '${llm ?? ''}'; there is ${[...models.keys()].join(', ') || 'none'}`,
  });
}

function attempt<T>(step: StepName, { store, log }: ModelStepsOptions, signal: AbortSignal, run: () => Promise<T>): Promise<T | undefined> {
  return withSpan(`hector.rag.${step}`, { 'hector.rag.store.name': store }, async (span) => {
    try {
      const answer = await run();
      capturePayload(span, `hector.rag.${step}.answer`, () => answer);
      return answer;
    } catch (error) {
      signal.throwIfAborted();
      recordFailure(span, error);
      log.warn({ store, step, reason: describeError(error) }, 'a model did not help with a search, which goes on without it');
      return undefined;
    }
  });
}

function keyOf(...parts: readonly string[]): string {
  return canonicalJson(parts);
}
