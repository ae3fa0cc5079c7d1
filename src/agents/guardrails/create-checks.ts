/** What guardrails of the configuration look for, ready to be asked. */
import { createHmac } from 'node:crypto';
import { type Expression, joinExpressions } from '../../base/linear-expression/compile-expression.js';
import { compileWords } from '../../base/linear-expression/find-words.js';
import { parseExpression } from '../../base/linear-expression/parse-expression.js';
import type { ContentSettings, GuardrailSettings, PiiSettings } from '../../config/guardrail-settings.js';
import type { InputChecks } from './check-texts.js';
import { createExpressionDetector, type Detector } from './detector.js';
import { findEmails } from './pii/find-emails.js';
import { findCreditCards, findPhones, findSocialSecurityNumbers } from './pii/find-numbers.js';
import { REMOVED, type TextRule } from './text-rule.js';

export function createInputChecks(settings: GuardrailSettings['input']): InputChecks {
  const { injection, pattern } = settings;
  return {
    settings,
    injection: injection?.enabled ? join(injection.patterns, !injection.caseSensitive) : undefined,
    allow: pattern?.enabled
      ? pattern.allow.map((source) => joinExpressions([parseExpression(source, { ignoresCase: !pattern.caseSensitive })]))
      : [],
    block: pattern?.enabled ? join(pattern.block, !pattern.caseSensitive) : undefined,
  };
}

/** In the order in which they are asked. */
export function createOutputRules({ pii, content }: GuardrailSettings['output']): readonly TextRule[] {
  return [...(pii?.enabled ? createPiiRules(pii) : []), ...(content?.enabled ? createContentRules(content) : [])];
}

function createPiiRules(pii: PiiSettings): readonly TextRule[] {
  const { action, severity } = pii;
  const kinds: readonly (readonly [boolean, string, Detector])[] = [
    [pii.detectEmail, 'EMAIL', findEmails],
    [pii.detectPhone, 'PHONE', findPhones],
    [pii.detectSsn, 'SSN', findSocialSecurityNumbers],
    [pii.detectCreditCard, 'CC', findCreditCards],
  ];
  return kinds
    .filter(([isOn]) => isOn)
    .map(([, kind, detect]) => ({ name: 'output.pii', action, severity, detect, replace: (found) => redact(found, kind, pii) }));
}

function redact(found: string, kind: string, { redactMode, hashKey }: PiiSettings): string {
  if (redactMode === 'remove') return '';
  if (redactMode === 'mask') return `[${kind} REDACTED]`;
  // However it is written, the same number has the same hash; without the key nobody can try all numbers.
  const canonical = kind === 'EMAIL' ? found.toLowerCase() : found.replaceAll(/[^\d+]/g, '');
  return `[${kind} ${createHmac('sha256', hashKey).update(`${kind} ${canonical}`).digest('hex').slice(0, HASH_LENGTH)}]`;
}

function createContentRules({ action, severity, blockedKeywords, blockedPatterns }: ContentSettings): readonly TextRule[] {
  const expressions = [
    ...(blockedKeywords.length === 0 ? [] : [compileWords(blockedKeywords)]),
    ...(blockedPatterns.length === 0 ? [] : [join(blockedPatterns, true) as Expression]),
  ];
  return expressions.map((expression) => ({
    ...{ name: 'output.content', action, severity, detect: createExpressionDetector(expression) },
    replace: () => REMOVED,
  }));
}

function join(sources: readonly string[], ignoresCase: boolean): Expression | undefined {
  return sources.length === 0 ? undefined : joinExpressions(sources.map((source) => parseExpression(source, { ignoresCase })));
}

/** Hex digits: 64 bits tell the values of a conversation apart. */
const HASH_LENGTH = 16;
