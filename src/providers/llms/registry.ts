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
    case 'anthropic': {
      const { createAnthropicModel } = await import('./adapters/anthropic/model.js');
      return createAnthropicModel(settings, dependencies);
    }
    case 'gemini': {
      const { createGeminiModel } = await import('./adapters/gemini/model.js');
      return createGeminiModel(settings, dependencies);
    }
    case 'ollama': {
      const { createOllamaModel } = await import('./adapters/ollama/model.js');
      return createOllamaModel(settings, dependencies);
    }
  }
}
