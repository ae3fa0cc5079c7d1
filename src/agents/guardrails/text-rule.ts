import type { GuardrailAction, GuardrailSeverity } from '../../config/guardrail-settings.js';
import type { Detector } from './detector.js';

/** What is looked for in texts, and what follows where it is found. */
export interface TextRule {
  /** As violations name it: the key of the configuration, such as `output.pii`. */
  readonly name: string;
  readonly action: GuardrailAction;
  readonly severity: GuardrailSeverity;
  readonly detect: Detector;
  /** What stands in place of it where the action is `modify`. */
  readonly replace: (found: string) => string;
}

/** What was found, and never the text itself. */
export interface Violation {
  readonly rule: string;
  readonly action: GuardrailAction;
  readonly severity: GuardrailSeverity;
  /** What of it may be told to whoever sent the text. Default: nothing. */
  readonly detail?: string;
}

/** What stands in place of what a rule of words or expressions has taken out. */
export const REMOVED = '[REMOVED]';
