import { AppError } from '../../../../base/errors.js';

/** Why a command does not run; the model reads it. */
export function refuse(reason: string): AppError {
  return new AppError('TOOL_COMMAND_REFUSED', { message: `the command is refused: ${reason}` });
}
