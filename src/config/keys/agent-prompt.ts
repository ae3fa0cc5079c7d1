import type { PromptSettings } from '../llm-agent-settings.js';
import { optional, type Static, section, text } from '../schema-builder.js';

/** AGT-10, AGT-65: all of them may hold `{name}`, which stands for a value of the session's state. */
export const PromptSchema = section(
  {
    system_prompt: optional(text('In place of instruction.')),
    role: text('Who the agent is; stands before the instruction.', { default: '' }),
    guidance: text('How it is to answer; stands behind the instruction.', { default: '' }),
  },
  'Further parts of the system prompt.',
);

export const GLOBAL_INSTRUCTION = text('For the agent and all that it reaches by sub_agents; stands before their own.', { default: '' });

export function resolvePrompt(
  { system_prompt: systemPrompt, role, guidance }: Static<typeof PromptSchema>,
  globalInstruction: string,
  globalInstructionsOf: readonly string[],
): PromptSettings {
  return { globalInstruction, globalInstructionsOf, role, guidance, systemPrompt };
}
