/** Families that reason before they answer; they refuse `temperature` (LLM-10). */
const REASONING_PREFIXES = ['o1', 'o3', 'o4', 'gpt-5'];

/** Knows `gpt-5-mini` and, behind a router, `openai/gpt-5-mini`. */
export function isReasoningModel(model: string): boolean {
  const name = model.slice(model.lastIndexOf('/') + 1).toLowerCase();
  return REASONING_PREFIXES.some((prefix) => name.startsWith(prefix));
}
