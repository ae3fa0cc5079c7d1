/** `llms.<name>` → a language model. Adapters load on first use, so an unused provider costs nothing at start. */
import type { LlmSettings } from '../../config/settings.js';
import type { LanguageModel } from './contract.js';
import type { LanguageModelDependencies } from './dependencies.js';

export async function createLanguageModel(settings: LlmSettings, dependencies: LanguageModelDependencies): Promise<LanguageModel> {
  switch (settings.provider) {
    case 'offline': {
      const { createOfflineModel } = await import('./adapters/offline/model.js');
      return createOfflineModel(settings, dependencies);
    }
    case 'openai': {
      const { createOpenAiModel } = await import('./adapters/openai/model.js');
      return createOpenAiModel(settings, dependencies);
    }
  }
}
