import type { GuardrailSettings } from '../../src/config/guardrail-settings.js';

type Check = Readonly<Record<string, unknown>>;

/** Checks that are named are on, with the defaults of the configuration. */
export function guardrailSettings({
  input = {},
  output = {},
  tool = {},
}: {
  readonly input?: Readonly<Record<string, unknown>>;
  readonly output?: Readonly<Record<string, unknown>>;
  readonly tool?: Readonly<Record<string, unknown>>;
}): GuardrailSettings {
  const fill = (defaults: Check, own: unknown) => (own === undefined ? undefined : { enabled: true, ...defaults, ...(own as Check) });
  const block = { action: 'block', severity: 'high' };
  const settings = {
    enabled: true,
    input: {
      chainMode: input['chainMode'] ?? 'fail_fast',
      length: fill({ ...block, severity: 'medium', minLength: 1, maxLength: 100_000 }, input['length']),
      injection: fill({ ...block, caseSensitive: false, patterns: [] }, input['injection']),
      sanitizer: fill({ trimWhitespace: true, normalizeUnicode: true, stripHtml: false, maxLength: 0 }, input['sanitizer']),
      pattern: fill({ ...block, severity: 'medium', caseSensitive: false, allow: [], block: [] }, input['pattern']),
    },
    output: {
      chainMode: output['chainMode'] ?? 'fail_fast',
      pii: fill(
        {
          ...{ action: 'modify', severity: 'high', detectEmail: true, detectPhone: true, detectSsn: true, detectCreditCard: true },
          ...{ redactMode: 'mask', hashKey: '' },
        },
        output['pii'],
      ),
      content: fill({ ...block, blockedKeywords: [], blockedPatterns: [] }, output['content']),
    },
    tool: {
      chainMode: tool['chainMode'] ?? 'fail_fast',
      authorization: fill({ ...block, allowedTools: [], blockedTools: [] }, tool['authorization']),
    },
  };
  return settings as unknown as GuardrailSettings;
}
