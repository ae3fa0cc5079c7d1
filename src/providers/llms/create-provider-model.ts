/** What all adapters that speak over HTTP share: the key, tries, silence, cancellation, failures, who answered. */
import { throwIfAborted } from '../../base/abort.js';
import { AppError } from '../../base/errors.js';
import type { LlmSettings } from '../../config/settings.js';
import type { LanguageModel, ModelEvent, ModelRequest } from './contract.js';
import type { LanguageModelDependencies } from './dependencies.js';
import { createFetch, loadFetch } from './http-fetch.js';
import { withIdleTimeout } from './idle-timeout.js';
import { type FailureContext, mapFailure } from './map-failure.js';
import { retryBeforeFirstEvent } from './retry.js';
import { withWireToolNames } from './wire-tool-names.js';

export interface ProviderWire<Chunk> {
  readonly settings: LlmSettings;
  readonly baseUrl: string;
  /** The provider wants a key; the variable that would supply it. */
  readonly wantsKey?: string;
  supportsOutputSchema(): boolean;
  readonly readFailure: FailureContext['readFailure'];
  /** Sends the request through `fetch`, which ends with the call. */
  open(request: ModelRequest, fetch: typeof globalThis.fetch): Promise<AsyncIterable<Chunk>>;
  decode(chunks: AsyncIterable<Chunk>): AsyncIterable<ModelEvent>;
}

export function createProviderModel<Chunk>(wire: ProviderWire<Chunk>, dependencies: LanguageModelDependencies): LanguageModel {
  const { settings } = wire;
  const { name, log, clock } = dependencies;
  const fetchFor = createFetch(settings, `llms.${name}`);
  const host = readHost(wire.baseUrl, name);
  const failureContext: FailureContext = { name, settings, host, clock, readFailure: wire.readFailure };
  const answeredBy = { llm: name, provider: settings.provider, model: settings.model };
  const message = `${host} sent nothing for ${settings.idleTimeoutMs} ms (llms.${name}.idle_timeout_ms)`;

  async function* call(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent, void, undefined> {
    try {
      await loadFetch();
      const named = withWireToolNames(request);
      const open = (inner: AbortSignal, onBytes: () => void) => wire.open(named.request, fetchFor({ signal: inner, onBytes }));
      const chunks = withIdleTimeout(open, { idleTimeoutMs: settings.idleTimeoutMs, clock, signal, message });
      for await (const event of wire.decode(chunks)) yield event.type === 'finish' ? { ...event, answeredBy } : named.restore(event);
    } catch (error) {
      throw mapFailure(error, failureContext);
    }
  }

  return {
    provider: settings.provider,
    model: settings.model,
    get supportsOutputSchema() {
      return wire.supportsOutputSchema();
    },
    async *generate(request, signal) {
      throwIfAborted(signal);
      if (settings.apiKey === '' && wire.wantsKey !== undefined) {
        throw new AppError('LLM_UNAUTHORIZED', {
          message: `llms.${name}.api_key is empty; ${host} wants a key (set it to \${${wire.wantsKey}} and define that variable)`,
        });
      }
      yield* retryBeforeFirstEvent(() => call(request, signal), { maxRetries: settings.maxRetries, clock, log }, signal);
    },
  };
}

function readHost(baseUrl: string, name: string): string {
  if (!URL.canParse(baseUrl)) throw new AppError('CONFIG_INVALID', { message: `llms.${name}.base_url: '${baseUrl}' is not a URL` });
  return new URL(baseUrl).host;
}
