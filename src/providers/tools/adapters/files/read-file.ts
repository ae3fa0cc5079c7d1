/** `read_file` (TOOL-11). */
import type { ToolLimits } from '../../../../config/settings.js';
import type { Tool } from '../../contract.js';
import { locate } from '../../workspace.js';
import { showLines } from './show-lines.js';
import { readStoredText } from './stored-file.js';

export function createReadFileTool(limits: Pick<ToolLimits, 'workingDirectory' | 'maxReadBytes'>): Tool {
  return {
    name: 'read_file',
    description: 'Reads a text file inside the working directory, whole or a range of its lines.',
    parameters: {
      type: 'object',
      properties: {
        path: { type: 'string', minLength: 1, description: 'Path relative to the working directory' },
        start_line: { type: 'integer', minimum: 1, default: 1, description: 'First line, counted from 1' },
        end_line: { type: 'integer', minimum: -1, default: -1, description: 'Last line; -1 = to the end' },
        line_numbers: { type: 'boolean', default: true, description: 'Put the number before each line' },
      },
      required: ['path'],
      additionalProperties: false,
    },
    effect: 'pure',
    async execute(args, { signal }) {
      const path = args['path'] as string;
      const text = await locate(limits.workingDirectory, path, { signal }, (located) => readStoredText(located, path, limits.maxReadBytes));
      const range = { start: args['start_line'] as number, end: args['end_line'] as number };
      return { content: showLines(path, text.text, range, args['line_numbers'] as boolean) };
    },
  };
}
