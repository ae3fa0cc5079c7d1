import { optional, section, text } from '../schema-builder.js';

export const DefaultsSchema = section(
  { llm: optional(text('Name in llms, used by agents without llm (CFG-09).', { minLength: 1 })) },
  'What agents use when they do not say.',
);
