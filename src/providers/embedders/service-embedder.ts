/** An embedder behind a service: the layers around one request, from the inside out. */
import { sha256Hex } from '../../base/json.js';
import type { EmbedderSettings } from '../../config/settings.js';
import { createAskService } from './ask-service.js';
import { batched } from './batched.js';
import type { Embedder } from './contract.js';
import type { EmbedderDependencies } from './dependencies.js';
import { DimensionGuard } from './dimension-guard.js';
import type { EmbedderWire, WireSettings } from './embedder-wire.js';
import { paced } from './paced.js';
import { recentQueries } from './recent-queries.js';
import { kept, lookedUp } from './remembered.js';
import { RequestSize } from './request-size.js';
import { retried } from './retried.js';
import { serviceIdentity } from './service-identity.js';
import { splitWhenTooLarge } from './split-when-too-large.js';

export interface ServiceEmbedderOptions {
  readonly settings: EmbedderSettings;
  /** Texts per request that the service takes at most. */
  readonly maxTexts: number;
  /** Requests of one call that are under way at once; one behind the other at a server that computes one at a time. Default 4. */
  readonly concurrency?: number;
  /** Loaded when the first text is embedded, so that an unused provider costs nothing. */
  readonly loadWire: (settings: WireSettings) => Promise<EmbedderWire>;
}

export function createServiceEmbedder(options: ServiceEmbedderOptions, dependencies: EmbedderDependencies): Embedder {
  const { settings } = options;
  const { name, clock, store } = dependencies;
  const { host, length, variant, fingerprint } = serviceIdentity(settings, name);
  const batchSize = Math.min(settings.batchSize, options.maxTexts);
  const guard = new DimensionGuard({ key: `embedders.${name}`, host, length, fingerprint, store });
  const size = new RequestSize();
  const remembered =
    store === undefined || !settings.cache.enabled ? undefined : { ...dependencies, store, fingerprint, variant: settings.truncate };

  const ask = createAskService({
    ...{ settings, name, clock, host, guard },
    loadWire: () => options.loadWire({ ...settings, askedDimension: length.asked }),
  });
  const { provider, model, requestsPerMinute, tokensPerMinute } = settings;
  const inTurn = paced(ask, {
    ...dependencies,
    account: sha256Hex(`${provider}\n${host}\n${model}\n${settings.apiKey}`).slice(0, 32),
    limits: { requestsPerMinute, tokensPerMinute },
    queryWaitMs: settings.timeoutMs,
  });
  const request = kept(retried(inTurn, dependencies), remembered);
  const anySize = splitWhenTooLarge(request, { ...dependencies, size, truncate: settings.truncate });
  const embed = recentQueries(lookedUp(batched(anySize, { maxTexts: batchSize, size, concurrency: options.concurrency ?? 4 }), remembered));
  return { provider, model, dimension: length.expected, variant, batchSize, embed };
}
