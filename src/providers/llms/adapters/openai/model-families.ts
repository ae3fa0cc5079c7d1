/**
 * Families that reason before they answer; they refuse `temperature` (LLM-10): o1, o3, o4 …, gpt-5 and later. Knows
 * `gpt-5-mini` and, behind a router, `openai/gpt-5-mini`. A family that it does not know is asked, and what the
 * answer refuses is left out from then on (W-61).
 */
export function isReasoningModel(model: string): boolean {
  const name = model.slice(model.lastIndexOf('/') + 1).toLowerCase();
  return /^(o\d|gpt-([5-9]|\d\d)(?!\d))/.test(name);
}
