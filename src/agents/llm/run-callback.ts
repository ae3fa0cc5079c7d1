import { abortError, untilAborted } from '../../base/abort.js';
import { AppError } from '../../base/errors.js';
import { withinForeignCode } from '../../base/scope.js';

/**
 * Code of somebody else's. What it throws fails the run, unless it is an `AppError`, which says by itself what follows.
 * @throws AppError
 */
export async function runCallback<Value>(
  { agent, name, signal }: { readonly agent: string; readonly name: string; readonly signal: AbortSignal },
  run: () => Value | Promise<Value>,
): Promise<Value> {
  try {
    return await untilAborted((async () => await withinForeignCode(run))(), signal);
  } catch (cause) {
    if (signal.aborted) throw abortError(signal);
    if (cause instanceof AppError) throw cause;
    throw new AppError('AGENT_CALLBACK_FAILED', { message: `The code of the agent '${agent}' failed in ${name}`, cause });
  }
}
