/** What cards of agents tell, resolved. */
import type { JsonObject } from '../base/json.js';

export interface SkillSettings {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly examples: readonly string[];
  /** Empty: the agent's. */
  readonly inputModes: readonly string[];
  readonly outputModes: readonly string[];
}

/** What cards tell beyond the agent itself; `undefined` = not said. */
export interface CardSettings {
  readonly version: string | undefined;
  readonly documentationUrl: string | undefined;
  readonly iconUrl: string | undefined;
  readonly provider: { readonly organization: string; readonly url: string } | undefined;
}

/** Members that are `undefined` are the card's own. */
export interface ExtendedCardSettings {
  readonly description: string | undefined;
  readonly version: string | undefined;
  readonly documentationUrl: string | undefined;
  /** Who gets it; `undefined` = every authenticated caller. */
  readonly subjects: readonly string[] | undefined;
  readonly skills: readonly (SkillSettings & { readonly subjects: readonly string[] | undefined })[];
}

export interface ExtensionSettings {
  readonly uri: string;
  readonly description: string;
  readonly required: boolean;
  readonly params: JsonObject | undefined;
}
