/** What guardrails say that cannot be done (CFG-88), and agents that name one that is not there (CFG-92). */
import { isJsonObject, type JsonObject } from '../base/json.js';
import { compileExpression } from '../base/linear-expression/compile-expression.js';
import { ExpressionError } from '../base/linear-expression/parse-expression.js';
import { findNearestName } from './nearest-name.js';
import { type Path, valueAt } from './path.js';
import type { Finding } from './problem.js';

export function checkGuardrails(document: unknown): readonly Finding[] {
  const names = Object.keys(membersOf(document, 'guardrails'));
  return [
    ...Object.entries(membersOf(document, 'agents')).flatMap(([name, agent]) => checkReference(name, agent, names)),
    ...names.flatMap((name) => checkGuardrail(document, ['guardrails', name])),
  ];
}

function checkReference(name: string, agent: JsonObject, names: readonly string[]): readonly Finding[] {
  const { guardrails, type } = agent;
  if (typeof guardrails !== 'string' || guardrails === '') return [];
  const path: Path = ['agents', name, 'guardrails'];
  if (WORKFLOWS.has(String(type))) {
    const members = Array.isArray(agent['sub_agents']) ? agent['sub_agents'].join(', ') : '';
    return [
      {
        path,
        description: `a guardrail is for an agent that reads and speaks itself, and agents of type ${String(type)} do neither; name it at their members instead: ${members}`,
      },
    ];
  }
  if (names.includes(guardrails)) return [];
  const near = findNearestName(guardrails, names);
  const known = names.length === 0 ? "'guardrails' has no entry" : `'guardrails' has ${names.join(', ')}`;
  return [{ path, description: `there is no '${guardrails}' in 'guardrails'; ${near === undefined ? known : `did you mean '${near}'?`}` }];
}

function checkGuardrail(document: unknown, path: Path): readonly Finding[] {
  const at = (...keys: readonly string[]) => valueAt(document, [...path, ...keys]);
  const finding = (keys: readonly string[], description: string): Finding => ({ path: [...path, ...keys], description });
  const findings = EXPRESSIONS.flatMap((keys) => {
    const sources = at(...keys);
    if (!Array.isArray(sources)) return [];
    return sources.flatMap((source: unknown, index): Finding[] => {
      const wrong = typeof source === 'string' ? findProblem(source) : undefined;
      return wrong === undefined ? [] : [{ path: [...path, ...keys, index], description: `'${String(source)}' cannot be used: ${wrong}` }];
    });
  });
  const [least, most] = [at('input', 'length', 'min_length'), at('input', 'length', 'max_length')];
  if (typeof least === 'number' && typeof most === 'number' && least > most)
    findings.push(finding(['input', 'length', 'min_length'], `the value is ${least}; wanted at most max_length, which is ${most}`));
  const pattern = at('input', 'pattern');
  if (isJsonObject(pattern) && pattern['action'] === 'modify' && Array.isArray(pattern['allow']) && pattern['allow'].length > 0)
    findings.push(
      finding(['input', 'pattern', 'action'], "a message that fits none of 'allow' cannot be modified to; wanted block, warn or allow"),
    );
  const pii = at('output', 'pii');
  if (isJsonObject(pii) && pii['redact_mode'] === 'hash' && pii['action'] === 'modify' && String(pii['hash_key'] ?? '').length < MIN_KEY)
    findings.push(
      finding(
        ['output', 'pii', 'hash_key'],
        `missing, or shorter than ${MIN_KEY} characters; 'redact_mode: hash' needs a secret, such as \${GUARDRAIL_HASH_KEY}: without one whoever sees a hash could try all phone numbers`,
      ),
    );
  return findings;
}

function findProblem(source: string): string | undefined {
  try {
    compileExpression(source);
    return undefined;
  } catch (error) {
    if (error instanceof ExpressionError) return error.message;
    throw error;
  }
}

function membersOf(document: unknown, section: string): Readonly<Record<string, JsonObject>> {
  const value = valueAt(document, [section]);
  if (!isJsonObject(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, isJsonObject(member) ? member : {}]));
}

const EXPRESSIONS = [
  ['input', 'injection', 'patterns'],
  ['input', 'pattern', 'allow'],
  ['input', 'pattern', 'block'],
  ['output', 'content', 'blocked_patterns'],
] as const;
const WORKFLOWS: ReadonlySet<string> = new Set(['sequential', 'parallel', 'loop']);
/** Characters of a key. */
const MIN_KEY = 16;
