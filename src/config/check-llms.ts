import { isJsonObject, type JsonObject } from '../base/json.js';
import type { Environment } from './environment.js';
import { findEnvironmentKey, KEY_VARIABLES } from './keys/llms.js';
import { findNearestName } from './nearest-name.js';
import { valueAt } from './path.js';
import type { Finding } from './problem.js';

/** What the schema of one key cannot see: keys, budgets, and which model leads to which. */
export function checkLlms(document: unknown, environment: Environment): Finding[] {
  const llms = valueAt(document, ['llms']);
  if (!isJsonObject(llms)) return [];
  const members = Object.entries(llms).filter((entry): entry is [string, JsonObject] => isJsonObject(entry[1]));
  return [
    ...members.flatMap(([name, llm]) => [...checkKey(name, llm, environment), ...checkThinking(name, llm)]),
    ...checkFallbacks(new Map(members.map(([name, llm]) => [name, namesOf(llm['fallback'])]))),
  ];
}

/** The providers themselves want a key; a compatible service behind `base_url` may not. */
function checkKey(name: string, llm: JsonObject, environment: Environment): Finding[] {
  const provider = String(llm['provider']);
  const variable = KEY_VARIABLES[provider]?.[0];
  if (variable === undefined || llm['base_url'] !== '') return [];
  if ((llm['api_key'] ?? findEnvironmentKey(provider, environment) ?? '') !== '') return [];
  const otherwise = provider === 'openai' ? ', or give the base_url of a service that needs no key' : '';
  return [{ path: ['llms', name, 'api_key'], description: `missing; write api_key: \${${variable}} and set that variable${otherwise}` }];
}

/** LLM-21: Anthropic thinks within `max_tokens`, and never with less than 1,024. */
function checkThinking(name: string, llm: JsonObject): Finding[] {
  const { thinking, provider, max_tokens: maxTokens = ANTHROPIC_MAX_TOKENS } = llm;
  if (provider !== 'anthropic' || !isJsonObject(thinking) || thinking['enabled'] === false) return [];
  const budget = thinking['budget_tokens'];
  if (typeof budget !== 'number' || typeof maxTokens !== 'number') return [];
  const path = ['llms', name, 'thinking', 'budget_tokens'];
  if (budget < ANTHROPIC_MIN_BUDGET) return [{ path, description: `the value is ${budget}; wanted at least ${ANTHROPIC_MIN_BUDGET}` }];
  return budget < maxTokens ? [] : [{ path, description: `the value is ${budget}; wanted less than max_tokens, which is ${maxTokens}` }];
}

function checkFallbacks(fallbacks: ReadonlyMap<string, readonly string[]>): Finding[] {
  const findings: Finding[] = [];
  for (const [name, others] of fallbacks) {
    for (const [index, other] of others.entries()) {
      if (fallbacks.has(other)) continue;
      const near = findNearestName(other, [...fallbacks.keys()]);
      const hint = near === undefined ? `'llms' has ${[...fallbacks.keys()].join(', ')}` : `did you mean '${near}'?`;
      findings.push({ path: ['llms', name, 'fallback', index], description: `there is no '${other}' in 'llms'; ${hint}` });
    }
    const cycle = findCycle(name, fallbacks);
    if (cycle !== undefined)
      findings.push({
        path: ['llms', name, 'fallback'],
        description: `it leads back to itself: ${cycle.join(' → ')}; take one of them out`,
      });
  }
  return findings;
}

/** The way from `start` back to it. */
function findCycle(start: string, fallbacks: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const seen = new Set<string>();
  const follow = (name: string, way: readonly string[]): readonly string[] | undefined => {
    for (const next of fallbacks.get(name) ?? []) {
      if (next === start) return [...way, next];
      if (seen.has(next)) continue;
      seen.add(next);
      const found = follow(next, [...way, next]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return follow(start, [start]);
}

function namesOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

/** What the adapter asks for when nothing is said (LLM-20). */
const ANTHROPIC_MAX_TOKENS = 4096;
const ANTHROPIC_MIN_BUDGET = 1024;
