/** The checks of a message (GRD-03…GRD-06), one behind the other: what is checked is what a model would read. Pure. */
import type { Expression } from '../../base/linear-expression/compile-expression.js';
import { isFound, type Span, searchExpression } from '../../base/linear-expression/search-expression.js';
import type { GuardrailSettings, LengthSettings } from '../../config/guardrail-settings.js';
import { joinSpans } from './detector.js';
import { findInjections } from './find-injection.js';
import { cutTexts, sanitizeTexts } from './sanitize-text.js';
import { REMOVED, type Violation } from './text-rule.js';

export interface MessageTexts {
  /** What may be changed. */
  readonly texts: readonly string[];
  /** What a model reads beside them: texts in data and files. */
  readonly others: readonly string[];
  /** It decides about a call, and says nothing else: it need not be as long, or as formed, as a message. */
  readonly isDecision: boolean;
}

export interface CheckedTexts {
  readonly texts: readonly string[];
  readonly violations: readonly Violation[];
  readonly isBlocked: boolean;
}

/** Built once from the settings: expressions are compiled. */
export interface InputChecks {
  readonly settings: GuardrailSettings['input'];
  readonly injection: Expression | undefined;
  readonly allow: readonly Expression[];
  readonly block: Expression | undefined;
}

type Check = (texts: readonly string[], message: MessageTexts, checks: InputChecks) => CheckedTexts;

export function checkTexts(message: MessageTexts, checks: InputChecks): CheckedTexts {
  const { chainMode, sanitizer } = checks.settings;
  const tooMuch = findTooMuch(message, checks);
  if (tooMuch !== undefined) return tooMuch;
  let texts = sanitizer?.enabled ? sanitizeTexts(message.texts, sanitizer) : message.texts;
  const violations: Violation[] = [];
  let isBlocked = false;
  for (const check of CHECKS) {
    const checked = check(texts, message, checks);
    texts = checked.texts;
    violations.push(...checked.violations);
    isBlocked ||= checked.isBlocked;
    if (isBlocked && chainMode === 'fail_fast') break;
  }
  return { texts, violations, isBlocked };
}

/** Looking through it would keep everybody else on this process waiting. */
function findTooMuch({ texts, others }: MessageTexts, { settings: { injection, pattern } }: InputChecks): CheckedTexts | undefined {
  const count = [...texts, ...others].reduce((sum, text) => sum + text.length, 0);
  if (count <= MAX_CHECKED || !(injection?.enabled || pattern?.enabled)) return undefined;
  return violate(
    texts,
    'input.length',
    { action: 'block', severity: 'medium' },
    `${count} characters; no more than ${MAX_CHECKED} can be checked`,
  );
}

const checkLength: Check = (texts, { isDecision }, { settings: { length } }) => {
  const count = texts.reduce((sum, text) => sum + text.length, 0);
  if (!length?.enabled || texts.length === 0) return pass(texts);
  const { minLength, maxLength } = length;
  if (count > maxLength) {
    const violated = violate(texts, 'input.length', length, `${count} characters; at most ${maxLength} are allowed`);
    return length.action === 'modify' ? { ...violated, texts: cutTexts(texts, maxLength) } : violated;
  }
  if (count >= minLength || isDecision) return pass(texts);
  return violate(texts, 'input.length', length, `${count} characters; at least ${minLength} are wanted`);
};

const checkInjection: Check = (texts, { others }, { settings: { injection }, injection: own }) => {
  if (!injection?.enabled) return pass(texts);
  const joined = texts.join('\n');
  const found = findInjections(joined, own);
  // A word that is cut in two by the border of two parts is read as one.
  const isHidden =
    others.some((text) => findInjections(text, own).length > 0) || (texts.length > 1 && findInjections(texts.join(''), own).length > 0);
  if (found.length === 0 && !isHidden) return pass(texts);
  const violated = violate(texts, 'input.injection', injection);
  if (injection.action !== 'modify') return violated;
  // What cannot be taken out is not let through.
  return found.length === 0 || isHidden ? { ...violated, isBlocked: true } : { ...violated, texts: remove(texts, found, 1) };
};

const checkPattern: Check = (texts, { others, isDecision }, { settings: { pattern }, allow, block }) => {
  if (!pattern?.enabled) return pass(texts);
  const joined = texts.join('\n');
  if (allow.length > 0 && !isDecision && !allow.some((expression) => isFound(expression, joined)))
    return violate(texts, 'input.pattern', pattern);
  if (block === undefined) return pass(texts);
  const { spans } = searchExpression(block, joined);
  const isHidden = others.some((text) => isFound(block, text));
  if (spans.length === 0 && !isHidden) return pass(texts);
  const violated = violate(texts, 'input.pattern', pattern);
  if (pattern.action !== 'modify') return violated;
  return isHidden ? { ...violated, isBlocked: true } : { ...violated, texts: remove(texts, spans, 1) };
};

const CHECKS: readonly Check[] = [checkLength, checkInjection, checkPattern];

function pass(texts: readonly string[]): CheckedTexts {
  return { texts, violations: [], isBlocked: false };
}

function violate(
  texts: readonly string[],
  rule: string,
  { action, severity }: Pick<LengthSettings, 'action' | 'severity'>,
  detail?: string,
): CheckedTexts {
  return { texts, violations: [{ rule, action, severity, ...(detail === undefined ? {} : { detail }) }], isBlocked: action === 'block' };
}

/** @param spans of the texts as they stand one behind the other, `border` characters apart. */
function remove(texts: readonly string[], spans: readonly Span[], border: number): readonly string[] {
  const joined = joinSpans(spans);
  let start = 0;
  return texts.map((text) => {
    let kept = '';
    let at = 0;
    for (const span of joined) {
      const [from, to] = [Math.max(0, span.start - start), Math.min(text.length, span.end - start)];
      if (from >= to) continue;
      kept += `${text.slice(at, from)}${REMOVED}`;
      at = to;
    }
    start += text.length + border;
    return kept + text.slice(at);
  });
}

/** Characters of a message, where something is looked for in it. */
const MAX_CHECKED = 1_000_000;
