import { choice, flag, freeForm, integer, list, named, optional, type Static, section, text } from '../schema-builder.js';
import type { AgentSettings } from '../settings.js';
import { ContextSchema, resolveContext } from './agent-context.js';
import { LimitsSchema, resolveLimits } from './agent-limits.js';
import { resolveStructuredOutput, StructuredOutputSchema } from './agent-output.js';
import { GLOBAL_INSTRUCTION, PromptSchema, resolvePrompt } from './agent-prompt.js';
import {
  CardSchema,
  ExtendedCardSchema,
  ExtensionSchema,
  resolveCard,
  resolveExtendedCard,
  resolveExtension,
  resolveSkill,
  SkillSchema,
} from './cards.js';
import { REMOTE_KEYS, resolveRemote } from './remote-agent.js';

const CONDITIONS = ['no_tool_calls', 'escalate', 'transfer', 'skip_summarization', 'input_required'] as const;

const AgentToolSchema = section(
  {
    require_approval: flag('Each call waits for somebody first.', { default: false }),
    approval_prompt: optional(text('The question; {request} stands for what the agent is to do.', { minLength: 1 })),
    skip_summarization: flag('What the agent answers is the answer; no model sums it up.', { default: false }),
  },
  'One agent that is called as a tool.',
);

const AgentSchema = section(
  {
    type: choice(
      ['llm', 'custom', 'sequential', 'parallel', 'loop', 'runner', 'remote'],
      'Kind of agent: a model with tools; a handler that a program registers; sub_agents one after the other, all at once, or again and again; tools one after the other, without a model; an agent of another A2A server.',
      { default: 'llm' },
    ),
    handler: optional(text('With type custom: name under which the program registers the code; default: the key.', { minLength: 1 })),
    direct_messages: flag(
      'With type custom or remote: it may answer with a message in place of a task. Streams then begin with its first output.',
      {
        default: false,
      },
    ),
    name: optional(text('Display name; default: the key.', { minLength: 1 })),
    description: optional(text('What the agent is for, as its card tells.')),
    llm: optional(text("Name in llms; default: defaults.llm, else 'default', else the only one.", { minLength: 1 })),
    instruction: text('System prompt; {name} stands for a value of the state of the session.', { default: 'You are a helpful assistant.' }),
    global_instruction: GLOBAL_INSTRUCTION,
    prompt: PromptSchema,
    include_contents: choice(['default', 'none'], 'With none it reads its own run alone, not the conversation before.', {
      default: 'default',
    }),
    context: ContextSchema,
    structured_output: optional(StructuredOutputSchema),
    output_key: optional(text("Key of the session's state that gets its answers.", { minLength: 1, maxLength: 200 })),
    input_schema: optional(freeForm('JSON Schema of its arguments where another agent calls it as a tool.')),
    limits: LimitsSchema,
    tools: optional(list(text('Name of a tool.', { minLength: 1 }), 'Tools it may use; left out means all, [] means none.')),
    sub_agents: list(
      text('Name of an agent.', { minLength: 1 }),
      'With type sequential, parallel or loop: its members. With type llm: agents that it may hand the conversation over to.',
      { default: [] },
    ),
    agent_tools: list(text('Name of an agent.', { minLength: 1 }), 'With type llm: agents that it may call as tools.', { default: [] }),
    agent_tool_options: named(AgentToolSchema, 'How single agent_tools are called, by their names.'),
    max_iterations: optional(
      integer('With type loop: rounds at most; 0, as when left out: until one of the sub_agents escalates.', {
        minimum: 0,
        maximum: 10_000,
      }),
    ),
    disallow_transfer_to_parent: flag('It may not hand the conversation back to the agent above it.', { default: false }),
    disallow_transfer_to_peers: flag('It may not hand the conversation over to the agents beside it.', { default: false }),
    streaming: flag('Answers are sent as they grow.', { default: true }),
    visibility: choice(['public', 'internal', 'private'], 'Who sees the agent: everybody, callers with a login, nobody outside.', {
      default: 'public',
    }),
    allowed_roles: optional(
      list(text('Role of a caller.', { minLength: 1 }), 'Roles whose callers it exists for; left out: all. Needs server.auth.', {
        minItems: 1,
      }),
    ),
    skills: list(SkillSchema, 'What its card tells; default: one skill made from its name and description.', { default: [] }),
    card: CardSchema,
    extended_card: optional(ExtendedCardSchema),
    extensions: list(ExtensionSchema, 'A2A extensions that its card declares beside those of the server.', { default: [] }),
    input_modes: list(text('Media type.', { minLength: 1 }), 'Media types it reads.', { default: ['text/plain'], minItems: 1 }),
    output_modes: list(text('Media type.', { minLength: 1 }), 'Media types it writes.', { default: ['text/plain'], minItems: 1 }),
    document_stores: optional(
      list(text('Name in document_stores.', { minLength: 1 }), 'Stores it may search; left out means all, [] means none.'),
    ),
    include_context: flag('Passages that fit the message are put before the model without a search call.', { default: false }),
    include_context_limit: integer('Most passages put before the model.', { default: 5, minimum: 1, maximum: 100 }),
    include_context_max_length: integer('Characters of one such passage.', { default: 500, minimum: 1, maximum: 100_000 }),
    double_texting: choice(
      ['enqueue', 'reject', 'interrupt', 'rollback'],
      'A message to a context whose run has not ended: waits its turn; is refused; ends that run; ends it and takes it out of the session.',
      { default: 'enqueue' },
    ),
    guardrails: optional(text('Name in guardrails: what it reads, says and calls is checked; left out: nothing is.', { minLength: 1 })),
    search: section(
      {
        enabled: flag('The model may search what was said in earlier sessions of the same caller (tool search_memory).', {
          default: false,
        }),
        max_results: integer('Most messages that one search gives it.', { default: 10, minimum: 1, maximum: 50 }),
      },
      'Recall across sessions; how is told by storage.memory.',
    ),
    ...REMOTE_KEYS,
    reasoning: section(
      {
        max_iterations: integer('Model calls of one run; more is an error.', { default: 100, minimum: 1, maximum: 10_000 }),
        show_thinking: flag('Reasoning of the model is shown to clients, in artifacts of its own.', { default: true }),
        enable_exit_tool: flag('The model may end its work with exit_loop.', { default: false }),
        enable_escalate_tool: optional(
          flag('The model may end its work, and the loop around it, with escalate; default: inside a loop it may, elsewhere not.'),
        ),
        termination_conditions: list(
          choice(CONDITIONS, 'What ends the loop of model and tools.'),
          'What ends the loop: an answer without tool calls; escalate or transfer called; the answer of an agent tool that skips the summary; a question to somebody, which always pauses it.',
          { default: CONDITIONS },
        ),
        completion_instruction: optional(
          text('In place of what the prompt says about exit_loop, escalate and transfers.', { minLength: 1 }),
        ),
      },
      'The loop of model and tools.',
    ),
  },
  'One agent.',
);

/** CFG-30; that `user` is taken is a check, because a pattern could not say why. */
export const AgentsSchema = named(AgentSchema, "Agents by name. Default: one called 'assistant' (CFG-08).", {
  type: 'string',
  pattern: '^[a-zA-Z][a-zA-Z0-9_-]*$',
  maxLength: 64,
  'x-form': 'a letter, then letters, digits, _ or -, at most 64 characters',
});

export function resolveAgent(key: string, agent: Static<typeof AgentSchema>, storeNames: readonly string[]): AgentSettings {
  const name = agent.name ?? key;
  const description = agent.description ?? `Agent ${name}`;
  return {
    type: agent.type,
    handler: agent.handler ?? (agent.type === 'custom' ? key : undefined),
    directMessages: agent.direct_messages,
    name,
    description,
    llm: agent.llm ?? '',
    instruction: agent.instruction,
    globalInstruction: agent.global_instruction,
    prompt: resolvePrompt(agent.prompt),
    includeContents: agent.include_contents,
    context: resolveContext(agent.context),
    structuredOutput: resolveStructuredOutput(agent.structured_output),
    outputKey: agent.output_key,
    inputSchema: agent.input_schema,
    limits: resolveLimits(agent.limits),
    tools: agent.tools,
    streaming: agent.streaming,
    visibility: agent.visibility,
    allowedRoles: agent.allowed_roles,
    // API-24
    skills:
      agent.skills.length > 0
        ? agent.skills.map(resolveSkill)
        : [{ id: key, name, description, tags: ['general', 'assistant'], examples: [], inputModes: [], outputModes: [] }],
    card: resolveCard(agent.card),
    extendedCard: agent.extended_card === undefined ? undefined : resolveExtendedCard(agent.extended_card),
    extensions: agent.extensions.map(resolveExtension),
    inputModes: agent.input_modes,
    outputModes: agent.output_modes,
    documentStores: agent.document_stores ?? storeNames,
    includeContext: agent.include_context,
    includeContextLimit: agent.include_context_limit,
    includeContextMaxLength: agent.include_context_max_length,
    doubleTexting: agent.double_texting,
    guardrails: agent.guardrails,
    search: { enabled: agent.search.enabled, maxResults: agent.search.max_results },
    reasoning: resolveReasoning(agent.reasoning),
    subAgents: agent.sub_agents,
    agentTools: agent.agent_tools,
    agentToolOptions: Object.fromEntries(Object.entries(agent.agent_tool_options).map(([name, own]) => [name, resolveAgentTool(own)])),
    maxIterations: agent.max_iterations ?? (agent.type === 'loop' ? 0 : undefined),
    disallowTransferToParent: agent.disallow_transfer_to_parent,
    disallowTransferToPeers: agent.disallow_transfer_to_peers,
    ...(agent.type === 'remote' ? resolveRemote(agent) : {}),
  };
}

function resolveReasoning(reasoning: Static<typeof AgentSchema>['reasoning']): AgentSettings['reasoning'] {
  return {
    maxIterations: reasoning.max_iterations,
    showThinking: reasoning.show_thinking,
    enableExitTool: reasoning.enable_exit_tool,
    enableEscalateTool: reasoning.enable_escalate_tool,
    terminationConditions: reasoning.termination_conditions,
    completionInstruction: reasoning.completion_instruction,
  };
}

function resolveAgentTool(options: Static<typeof AgentToolSchema>): AgentSettings['agentToolOptions'][string] {
  return {
    requireApproval: options.require_approval,
    approvalPrompt: options.approval_prompt,
    skipSummarization: options.skip_summarization,
  };
}
