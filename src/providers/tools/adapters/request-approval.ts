/** `request_approval`: the model asks a person; the call itself is the question (spec/08 8.1). */
import type { Tool } from '../contract.js';

export function createRequestApprovalTool(): Tool {
  return {
    name: 'request_approval',
    description: 'Asks a person to approve an action before it is taken. The answer says whether it was approved.',
    parameters: {
      type: 'object',
      properties: {
        action: { type: 'string', minLength: 1, maxLength: 2_000, description: 'What is to be done' },
        reason: { type: 'string', maxLength: 2_000, default: '', description: 'Why' },
        details: { type: 'string', maxLength: 10_000, default: '', description: 'What the person should know to decide' },
      },
      required: ['action'],
      additionalProperties: false,
    },
    effect: 'pure',
    requiresApproval: true,
    approvalPrompt: 'Approval is asked for: {action}\n{reason}\n{details}',
    execute: async ({ action }) => ({ content: `Approved by a person: ${String(action)}` }),
  };
}
