/** Embedder settings → embedder. The only importer of the embedder adapters. */
import type { EmbedderSettings } from '../../config/settings.js';
import type { TextThreads } from '../../threads/pools.js';
import { createLocalEmbedder } from './adapters/local/local-embedder.js';
import type { Embedder } from './contract.js';

export interface EmbedderDependencies {
  readonly textThreads: TextThreads;
}

export function createEmbedder(settings: EmbedderSettings, { textThreads }: EmbedderDependencies): Embedder {
  switch (settings.provider) {
    case 'local':
      return createLocalEmbedder(settings, textThreads);
  }
}
