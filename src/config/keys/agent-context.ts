import type { ContextSettings } from '../llm-agent-settings.js';
import { choice, integer, number, optional, type Static, section, text } from '../schema-builder.js';

/** CFG-40 */
export const ContextSchema = section(
  {
    strategy: choice(
      ['none', 'buffer_window', 'token_window', 'summary_buffer'],
      'What of the conversation the model reads: all of it; its last messages; as many as fit the budget; those, and a summary of what was before.',
      { default: 'none' },
    ),
    window_size: integer('With buffer_window: messages.', { default: 20, minimum: 1, maximum: 100_000 }),
    budget: integer('With token_window and summary_buffer: tokens of the conversation.', { default: 8_000, minimum: 100 }),
    threshold: number('With summary_buffer: share of the budget above which old messages are summed up.', {
      default: 0.85,
      minimum: 0.1,
      maximum: 1,
    }),
    target: number('With summary_buffer: share of the budget that is left then.', { default: 0.7, minimum: 0.05, maximum: 1 }),
    preserve_recent: integer('With token_window and summary_buffer: newest messages that are never left out.', {
      default: 5,
      minimum: 0,
      maximum: 10_000,
    }),
    summarizer_llm: optional(text("Name in llms; default: the agent's own.", { minLength: 1 })),
  },
  'How a long conversation fits into the model.',
);

export function resolveContext(context: Static<typeof ContextSchema>): ContextSettings {
  return {
    strategy: context.strategy,
    windowSize: context.window_size,
    budget: context.budget,
    threshold: context.threshold,
    target: context.target,
    preserveRecent: context.preserve_recent,
    summarizerLlm: context.summarizer_llm,
  };
}
