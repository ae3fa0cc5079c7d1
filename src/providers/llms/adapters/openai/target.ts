import type { LlmSettings } from '../../../../config/settings.js';

/** What encoders know beside the request. */
export interface OpenAiTarget {
  readonly settings: LlmSettings;
  /** OpenAI itself, which has renamed `max_tokens`; other servers know the old name. */
  readonly isOfficial: boolean;
  readonly isReasoning: boolean;
  /** Settings that the model has refused; the request goes without them. */
  readonly refused: ReadonlySet<string>;
}
