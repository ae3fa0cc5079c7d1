/** `embedders.<name>` → an embedder. The only importer of the embedder adapters; those of services load with the first text. */
import type { EmbedderSettings } from '../../config/settings.js';
import { createLocalEmbedder } from './adapters/local/local-embedder.js';
import { batched } from './batched.js';
import type { Embedder } from './contract.js';
import type { EmbedderDependencies } from './dependencies.js';
import { createServiceEmbedder } from './service-embedder.js';
import { traced } from './traced.js';

export function createEmbedder(settings: EmbedderSettings, dependencies: EmbedderDependencies): Embedder {
  return traced(createProvided(settings, dependencies));
}

function createProvided(settings: EmbedderSettings, dependencies: EmbedderDependencies): Embedder {
  switch (settings.provider) {
    case 'local': {
      const local = createLocalEmbedder(settings, dependencies.textThreads);
      return { ...local, embed: batched(local.embed, { maxTexts: local.batchSize, size: { maxBytes: Number.POSITIVE_INFINITY } }) };
    }
    case 'openai':
      return createServiceEmbedder(
        {
          settings,
          maxTexts: 2_048,
          loadWire: async (own) => (await import('./adapters/openai/openai-wire.js')).createOpenAiWire(own),
        },
        dependencies,
      );
    case 'ollama':
      return createServiceEmbedder(
        {
          settings,
          maxTexts: 10_000,
          concurrency: 1,
          loadWire: async (own) => (await import('./adapters/ollama/ollama-wire.js')).createOllamaWire(own),
        },
        dependencies,
      );
    case 'cohere':
      return createServiceEmbedder(
        {
          settings,
          maxTexts: 96,
          loadWire: async (own) => (await import('./adapters/cohere/cohere-wire.js')).createCohereWire(own),
        },
        dependencies,
      );
  }
}
