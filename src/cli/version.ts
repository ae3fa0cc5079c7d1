import { readVersion } from '../base/version.js';
import type { Command } from './command.js';

export const versionCommand: Command = {
  name: 'version',
  summary: 'Print the version',
  usage: '',
  maxArguments: 0,
  options: {},
  examples: ['hector version'],
  async run(_input, { terminal }) {
    terminal.write(`Hector version ${readVersion()}\n`);
    return 0;
  },
};
