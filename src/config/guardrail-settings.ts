/** What `guardrails.<name>` of the configuration becomes (CFG-88). A check that is `undefined` is off. */

/** GRD-10 */
export type GuardrailAction = 'allow' | 'block' | 'modify' | 'warn';
export type GuardrailSeverity = 'low' | 'medium' | 'high' | 'critical';
export type ChainMode = 'fail_fast' | 'collect_all';

export interface GuardrailSettings {
  readonly enabled: boolean;
  readonly input: {
    readonly chainMode: ChainMode;
    readonly length: LengthSettings | undefined;
    readonly injection: InjectionSettings | undefined;
    readonly sanitizer: SanitizerSettings | undefined;
    readonly pattern: PatternSettings | undefined;
  };
  readonly output: {
    readonly chainMode: ChainMode;
    readonly pii: PiiSettings | undefined;
    readonly content: ContentSettings | undefined;
  };
  readonly tool: {
    readonly chainMode: ChainMode;
    readonly authorization: AuthorizationSettings | undefined;
  };
}

interface Check {
  readonly enabled: boolean;
  readonly action: GuardrailAction;
  readonly severity: GuardrailSeverity;
}

/** GRD-03; characters. */
export interface LengthSettings extends Check {
  readonly minLength: number;
  readonly maxLength: number;
}

/** GRD-04 */
export interface InjectionSettings extends Check {
  /** Of `patterns`; what is built in never heeds it. */
  readonly caseSensitive: boolean;
  readonly patterns: readonly string[];
}

/** GRD-05 */
export interface SanitizerSettings {
  readonly enabled: boolean;
  readonly trimWhitespace: boolean;
  readonly normalizeUnicode: boolean;
  readonly stripHtml: boolean;
  /** Characters; 0 = unlimited. */
  readonly maxLength: number;
}

/** GRD-06 */
export interface PatternSettings extends Check {
  readonly caseSensitive: boolean;
  /** A message must fit one of them; empty: any may come. */
  readonly allow: readonly string[];
  /** A message must fit none of them. */
  readonly block: readonly string[];
}

/** GRD-07 */
export interface PiiSettings extends Check {
  readonly detectEmail: boolean;
  readonly detectPhone: boolean;
  readonly detectSsn: boolean;
  readonly detectCreditCard: boolean;
  readonly redactMode: 'mask' | 'remove' | 'hash';
  /** Of the HMAC; '' unless the mode is `hash`. */
  readonly hashKey: string;
}

/** GRD-08 */
export interface ContentSettings extends Check {
  readonly blockedKeywords: readonly string[];
  readonly blockedPatterns: readonly string[];
}

/** GRD-09; names of tools, with `*` and `?`. */
export interface AuthorizationSettings extends Check {
  /** Empty: all that are not blocked. */
  readonly allowedTools: readonly string[];
  readonly blockedTools: readonly string[];
}
