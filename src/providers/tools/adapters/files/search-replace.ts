/** `search_replace` (TOOL-13). */
import { AppError } from '../../../../base/errors.js';
import type { ToolLimits } from '../../../../config/settings.js';
import type { Tool } from '../../contract.js';
import { changeFile, type WriteLimits } from './change-file.js';
import { describeChange } from './describe-change.js';
import { replaceText } from './replace-text.js';

export function createSearchReplaceTool(limits: WriteLimits & Pick<ToolLimits, 'maxReadBytes' | 'maxReplacements'>): Tool {
  return {
    name: 'search_replace',
    description: 'Replaces text in a file inside the working directory: one place that is found exactly once, or all of them.',
    parameters: {
      type: 'object',
      properties: {
        path: { type: 'string', minLength: 1, description: 'Path relative to the working directory' },
        old_string: { type: 'string', minLength: 1, description: 'The text to replace, exactly as it stands in the file' },
        new_string: { type: 'string', description: 'What stands there afterwards' },
        replace_all: { type: 'boolean', default: false, description: 'Every place; without it the text must be there once' },
        show_diff: { type: 'boolean', default: true, description: 'Show the change' },
        create_backup: { type: 'boolean', default: true, description: 'Keep what the file held before as <name>.bak' },
      },
      required: ['path', 'old_string', 'new_string'],
      additionalProperties: false,
    },
    effect: 'once',
    requiresApproval: true,
    approvalPrompt: 'Change the file {path}?',
    async execute(args, { signal }) {
      const path = args['path'] as string;
      const backup = args['create_backup'] as boolean;
      let count = 0;
      const change = await changeFile({ limits, path, backup, undoSteps: 0, create: false, signal }, (stored) => {
        if (stored === undefined) throw new AppError('TOOL_FAILED', { message: `'${path}' does not exist` });
        const options = { file: path, all: args['replace_all'] as boolean, maxReplacements: limits.maxReplacements };
        const replaced = replaceText(stored.text, args['old_string'] as string, args['new_string'] as string, options);
        count = replaced.count;
        return replaced.text;
      });
      const diff = args['show_diff'] === true ? `\n${describeChange(path, change.before ?? '', change.after)}` : '';
      return { content: `Replaced ${count} ${count === 1 ? 'place' : 'places'} in '${path}'${diff}`, data: { path, replacements: count } };
    },
  };
}
