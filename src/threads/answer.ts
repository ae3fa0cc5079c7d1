/** The thread's side: turns a plain function into the answer to one message. */
import { move, transferableSymbol, valueSymbol } from 'piscina';
import { describeError, type ErrorCode, toAppError } from '../base/errors.js';
import type { ThreadReply } from './messages.js';

type Message = { readonly request: unknown; readonly reply: unknown };
type Handler<M extends Message> = (request: M['request']) => M['reply'] | Promise<M['reply']>;

/**
 * Wraps `handler`; what it throws becomes data with its code (`fallback` when it has none).
 * `transfer` names the buffer of the reply that moves instead of being copied.
 */
export function answer<M extends Message>(
  handler: Handler<M>,
  fallback: ErrorCode = 'THREAD_FAILED',
  transfer?: (reply: M['reply']) => ArrayBuffer,
) {
  return async (request: M['request']): Promise<unknown> => {
    try {
      const value = await handler(request);
      const reply: ThreadReply<M['reply']> = { type: 'ok', value };
      return transfer === undefined ? reply : move({ [transferableSymbol]: [transfer(value)], [valueSymbol]: reply });
    } catch (error) {
      const failure = toAppError(error, fallback);
      // The cause stays behind; its message goes along.
      return { type: 'failed', error: { code: failure.code, message: describeError(error) } } satisfies ThreadReply<never>;
    }
  };
}
