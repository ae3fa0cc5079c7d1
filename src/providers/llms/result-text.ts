import type { ToolResultPart } from '../../tasks/session-message.js';

/** Some providers refuse an empty result, and to all of them it would look like a loss (LLM-20). */
export function resultText({ content }: Pick<ToolResultPart, 'content'>): string {
  return content.trim() === '' ? '(no output)' : content;
}
