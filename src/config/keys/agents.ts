import { choice, flag, integer, list, named, optional, type Static, section, text } from '../schema-builder.js';
import type { AgentSettings } from '../settings.js';
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

const AgentSchema = section(
  {
    type: choice(['llm', 'custom'], 'Kind of agent: a model with tools, or a handler that a program registers.', { default: 'llm' }),
    handler: optional(text('With type custom: name under which the program registers the code; default: the key.', { minLength: 1 })),
    direct_messages: flag('With type custom: it may answer with a message in place of a task. Streams then begin with its first output.', {
      default: false,
    }),
    name: optional(text('Display name; default: the key.', { minLength: 1 })),
    description: optional(text('What the agent is for, as its card tells.')),
    llm: optional(text("Name in llms; default: defaults.llm, else 'default', else the only one.", { minLength: 1 })),
    instruction: text('System prompt.', { default: 'You are a helpful assistant.' }),
    tools: optional(list(text('Name of a tool.', { minLength: 1 }), 'Tools it may use; left out means all, [] means none.')),
    streaming: flag('Answers are sent as they grow.', { default: true }),
    visibility: choice(['public', 'internal', 'private'], 'Who sees the agent: everybody, callers with a login, nobody outside.', {
      default: 'public',
    }),
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
    search: section(
      {
        enabled: flag('The model may search what was said in earlier sessions of the same caller (tool search_memory).', {
          default: false,
        }),
        max_results: integer('Most messages that one search gives it.', { default: 10, minimum: 1, maximum: 50 }),
      },
      'Recall across sessions; how is told by storage.memory.',
    ),
    reasoning: section(
      { max_iterations: integer('Model calls of one run; more is an error.', { default: 100, minimum: 1, maximum: 10_000 }) },
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
    llm: agent.llm as string,
    instruction: agent.instruction,
    tools: agent.tools,
    streaming: agent.streaming,
    visibility: agent.visibility,
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
    search: { enabled: agent.search.enabled, maxResults: agent.search.max_results },
    reasoning: { maxIterations: agent.reasoning.max_iterations },
  };
}
