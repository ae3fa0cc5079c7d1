/** `apply_patch` (TOOL-14). */
import { AppError } from '../../../../base/errors.js';
import type { JsonObject } from '../../../../base/json.js';
import type { ToolLimits } from '../../../../config/settings.js';
import type { Tool } from '../../contract.js';
import { changeFile, type WriteLimits } from './change-file.js';
import { describeChange } from './describe-change.js';
import { patchBlock, patchUnified } from './patch-text.js';

export function createApplyPatchTool(limits: WriteLimits & Pick<ToolLimits, 'maxReadBytes' | 'maxReplacements'>): Tool {
  return {
    name: 'apply_patch',
    description:
      'Changes one file inside the working directory: either by old_string (whole lines, with up to 3 unchanged lines around the change) and new_string, or by patch, a unified diff of that file.',
    parameters: {
      type: 'object',
      properties: {
        path: { type: 'string', minLength: 1, description: 'Path relative to the working directory' },
        old_string: { type: 'string', minLength: 1, description: 'The lines as they are, with unchanged lines around the change' },
        new_string: { type: 'string', description: 'The same lines as they are to be' },
        patch: { type: 'string', minLength: 1, description: 'A unified diff, in place of old_string and new_string' },
        context_validation: {
          type: 'boolean',
          default: true,
          description: 'Whole lines, and unchanged lines around the change, are wanted',
        },
        create_backup: { type: 'boolean', default: true, description: 'Keep what the file held before as <name>.bak' },
      },
      required: ['path'],
      additionalProperties: false,
    },
    effect: 'once',
    requiresApproval: true,
    approvalPrompt: 'Change the file {path}?',
    async execute(args, { signal }) {
      const path = args['path'] as string;
      const apply = chooseForm(args, path, limits.maxReplacements);
      const backup = args['create_backup'] as boolean;
      const create = args['patch'] !== undefined;
      const change = await changeFile({ limits, path, backup, undoSteps: 0, create, signal }, (stored) => {
        if (stored === undefined && !create) throw new AppError('TOOL_FAILED', { message: `'${path}' does not exist` });
        return apply(stored?.text ?? '');
      });
      return { content: `Patched '${path}'\n${describeChange(path, change.before ?? '', change.after)}` };
    },
  };
}

function chooseForm(args: JsonObject, path: string, maxHunks: number): (text: string) => string {
  const { old_string: before, new_string: after, patch } = args as { old_string?: string; new_string?: string; patch?: string };
  if (patch !== undefined && before === undefined && after === undefined) return (text) => patchUnified(text, patch, path, maxHunks);
  if (patch === undefined && before !== undefined && after !== undefined)
    return (text) => patchBlock(text, { file: path, before, after, validateContext: args['context_validation'] as boolean });
  throw new AppError('TOOL_ARGUMENTS_INVALID', { message: "wanted either 'old_string' and 'new_string', or 'patch'" });
}
