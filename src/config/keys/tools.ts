import { choice, flag, named, object, optional, type Static, text } from '../schema-builder.js';
import type { ToolSettings } from '../settings.js';

const ToolSchema = object(
  {
    type: choice(['function'], 'Kind of tool.', { default: 'function' }),
    handler: text('Built-in tool, or one that code adds.', { minLength: 1 }),
    enabled: flag('Agents may use it.', { default: true }),
    description: optional(text('What the model reads about it.', { minLength: 1 })),
    require_approval: optional(flag('Each call waits for a decision first. Default: as the handler says.')),
    approval_prompt: optional(text('Asks for the decision; {name} stands for the argument of that name.', { minLength: 1 })),
    effect: optional(
      choice(
        ['pure', 'idempotent', 'once'],
        'What a repeated call would mean: nothing; nothing under the same idempotency key; harm. Default: as the handler says.',
      ),
    ),
  },
  'One tool.',
);

/** spec/03 3.6 */
export const ToolsSchema = named(ToolSchema, 'Tools by name.');

export function resolveTool(tool: Static<typeof ToolSchema>): ToolSettings {
  return {
    type: tool.type,
    handler: tool.handler,
    enabled: tool.enabled,
    description: tool.description,
    requireApproval: tool.require_approval,
    approvalPrompt: tool.approval_prompt,
    effect: tool.effect,
  };
}
