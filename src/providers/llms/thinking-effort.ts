/** Thinking budget in tokens → the effort that providers without budgets know (LLM-11). */
export function toThinkingEffort(budgetTokens: number): 'low' | 'medium' | 'high' {
  if (budgetTokens <= 1_024) return 'low';
  return budgetTokens <= 8_192 ? 'medium' : 'high';
}
