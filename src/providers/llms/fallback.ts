/**
 * `llms.<name>.fallback`: a model made of models (W-66). A failure that another model may not have leads to the next
 * one, as long as nothing of the answer has been seen. Each model has made its own tries before.
 */
import { throwIfAborted } from '../../base/abort.js';
import { AppError } from '../../base/errors.js';
import type { LlmSettings } from '../../config/settings.js';
import type { Logger } from '../../observe/log.js';
import { annotateSpan } from '../../observe/trace.js';
import type { AnsweredBy, LanguageModel, ModelEvent, ModelRequest } from './contract.js';

/** Replaces each model that has a fallback by the chain of them; names and cycles are checked by the configuration. */
export function withFallbacks(
  llms: Readonly<Record<string, Pick<LlmSettings, 'fallback'>>>,
  models: ReadonlyMap<string, LanguageModel>,
  log: Logger,
): ReadonlyMap<string, LanguageModel> {
  const chained = new Map<string, LanguageModel>();
  for (const [name, model] of models) {
    const names = followFallbacks(name, llms);
    const chain = names.map((key) => ({ llm: key, model: models.get(key) })).filter((link): link is Link => link.model !== undefined);
    chained.set(name, chain.length === 1 ? model : createChain(chain as [Link, ...Link[]], log));
  }
  return chained;
}

interface Link {
  /** Key in `llms`. */
  readonly llm: string;
  readonly model: LanguageModel;
}

function createChain(chain: readonly [Link, ...Link[]], log: Logger): LanguageModel {
  const [first] = chain;

  async function* generate(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent, void, undefined> {
    for (const [index, { llm, model }] of chain.entries()) {
      const next = chain[index + 1];
      let started = false;
      try {
        for await (const event of model.generate(request, signal)) {
          started = true;
          yield event.type === 'finish' ? nameModel(event, { llm, provider: model.provider, model: model.model }) : event;
        }
        return;
      } catch (error) {
        throwIfAborted(signal);
        if (started || next === undefined || !mayGoElsewhere(error)) throw error;
        log.warn({ err: error, llm, next: next.llm }, 'model failed, asking the next one');
      }
    }
  }

  return {
    provider: first.model.provider,
    model: first.model.model,
    // Held to a schema only if whoever may answer is.
    get supportsOutputSchema() {
      return chain.every(({ model }) => model.supportsOutputSchema === true);
    },
    generate,
  };
}

function nameModel(finish: Extract<ModelEvent, { type: 'finish' }>, link: AnsweredBy): ModelEvent {
  const answeredBy = finish.answeredBy ?? link;
  annotateSpan({ 'hector.llm.name': answeredBy.llm, 'gen_ai.system': answeredBy.provider, 'gen_ai.response.model': answeredBy.model });
  return { ...finish, answeredBy };
}

/** Depth first, each once. */
function followFallbacks(name: string, llms: Readonly<Record<string, Pick<LlmSettings, 'fallback'>>>): readonly string[] {
  const names = new Set<string>();
  const follow = (key: string) => {
    if (names.has(key)) return;
    names.add(key);
    for (const next of llms[key]?.fallback ?? []) follow(next);
  };
  follow(name);
  return [...names];
}

/** Overload, rate, network, silence, credentials, an empty account, a model that is gone: not what the request itself is to blame for. */
function mayGoElsewhere(error: unknown): boolean {
  if (!(error instanceof AppError) || !error.code.startsWith('LLM_')) return false;
  if (error.disposition === 'retry' || error.code === 'LLM_UNAUTHORIZED') return true;
  return error.details['kind'] === 'quota' || error.details['kind'] === 'no_model';
}
