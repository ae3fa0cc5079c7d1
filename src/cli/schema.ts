import { buildJsonSchema } from '../config/json-schema.js';
import { type Command, isFlagSet } from './command.js';

export const schemaCommand: Command = {
  name: 'schema',
  summary: 'Print the JSON Schema of the configuration',
  usage: '[--compact]',
  maxArguments: 0,
  options: { compact: { type: 'boolean', short: 'c', description: 'One line instead of indented text' } },
  examples: ['hector schema > hector.schema.json', 'hector schema --compact'],
  async run(input, { terminal }) {
    terminal.write(`${JSON.stringify(buildJsonSchema(), null, isFlagSet(input, 'compact') ? undefined : 2)}\n`);
    return 0;
  },
};
