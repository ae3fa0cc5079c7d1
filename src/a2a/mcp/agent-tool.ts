/** An agent as a tool of an MCP server: what clients see of it. */
import type { JsonObject } from '../../base/json.js';
import type { AgentSettings } from '../../config/settings.js';

export function describeAgentTool(key: string, { name, description, skills }: AgentSettings): JsonObject {
  const abilities = skills.map((skill) => `- ${skill.name}: ${skill.description}`);
  return {
    name: key,
    title: name,
    description: [description, ...abilities].filter((line) => line !== '').join('\n'),
    inputSchema: INPUT,
    outputSchema: OUTPUT,
    annotations: { title: name, readOnlyHint: false, idempotentHint: false, openWorldHint: true },
  };
}

const INPUT: JsonObject = {
  type: 'object',
  properties: {
    request: { type: 'string', minLength: 1, description: 'What the agent is asked, in words.' },
    contextId: { type: 'string', minLength: 1, description: 'Goes on with an earlier conversation: the contextId of its result.' },
    taskId: { type: 'string', minLength: 1, description: 'Answers a task that waits for input: the taskId of its result.' },
  },
  required: ['request'],
  additionalProperties: false,
};

const OUTPUT: JsonObject = {
  type: 'object',
  properties: {
    taskId: { type: 'string' },
    contextId: { type: 'string' },
    state: { type: 'string', description: 'Of the A2A task, e.g. TASK_STATE_COMPLETED.' },
    task: { type: 'object', description: 'The A2A task, without its history.' },
    message: { type: 'object', description: 'In place of a task, from agents that answer so: an A2A message.' },
  },
};
