/** `write_file` (TOOL-12). */

import type { Tool } from '../../contract.js';
import { type ChangeOptions, changeFile, type WriteLimits } from './change-file.js';

export function createWriteFileTool(limits: WriteLimits): Tool {
  return {
    name: 'write_file',
    description: 'Writes a text file inside the working directory, in place of what it held; folders on the way are made.',
    parameters: {
      type: 'object',
      properties: {
        path: { type: 'string', minLength: 1, description: 'Path relative to the working directory' },
        content: { type: 'string', description: 'All of the text' },
        backup: { type: 'boolean', default: true, description: 'Keep what the file held before as <name>.bak' },
      },
      required: ['path', 'content'],
      additionalProperties: false,
    },
    effect: 'once',
    requiresApproval: true,
    approvalPrompt: 'Write the file {path}?',
    async execute(args, { signal }) {
      const path = args['path'] as string;
      const options: ChangeOptions = {
        limits: { ...limits, maxReadBytes: MAX_REPLACED_BYTES },
        ...{ path, backup: args['backup'] as boolean, undoSteps: 0, create: true, signal },
      };
      const { before, bytes } = await changeFile(options, () => args['content'] as string);
      return { content: `${before === undefined ? 'Created' : 'Replaced'} '${path}' (${bytes} bytes)` };
    },
  };
}

/** What is replaced is read for its backup and its encoding. */
const MAX_REPLACED_BYTES = 64 * 1_048_576;
