import { optional, section, text } from '../schema-builder.js';

export const DefaultsSchema = section(
  {
    llm: optional(text('Name in llms, used by agents without llm (CFG-09).', { minLength: 1 })),
    agent: optional(
      text('Name in agents: whose card is the default one; default: the first public agent of the file (API-25).', { minLength: 1 }),
    ),
  },
  'What holds where nothing is said.',
);
