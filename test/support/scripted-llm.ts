/**
 * A language model that says what the test wrote down, turn by turn. A call without a turn left fails, and so does a
 * test that leaves turns unused: behaviour nobody asked for is as wrong as behaviour that did not come.
 */
import type { AppError } from '../../src/base/errors.js';
import type { JsonObject } from '../../src/base/json.js';
import type { FinishReason, LanguageModel, ModelEvent, ModelRequest, ModelUsage } from '../../src/providers/llms/contract.js';

export interface ScriptedCall {
  /** Default `call-<turn>-<index>`; '' = the model gives none (AGT-06). */
  readonly id?: string;
  readonly name: string;
  readonly arguments?: JsonObject;
  readonly invalidArguments?: string;
}

export type ScriptedPiece =
  | string
  | { readonly thinking: string; readonly signature?: string }
  | { readonly call: ScriptedCall }
  /** Nothing more is said until it resolves; an abort ends the wait. */
  | { readonly gate: Promise<unknown> }
  /** The answer breaks off here. */
  | { readonly error: AppError };

export interface ScriptedTurn {
  /** Looks at the request before anything is said; throws when it is wrong. */
  readonly expect?: (request: ModelRequest) => void;
  readonly say: readonly ScriptedPiece[];
  /** Default: `tool_calls` with calls, else `stop`. */
  readonly finish?: FinishReason;
  readonly usage?: ModelUsage;
}

export interface ScriptedModel extends LanguageModel {
  /** Every request so far, oldest first. */
  readonly requests: readonly ModelRequest[];
}

interface TestLike {
  teardown(run: () => void): void;
  fail(message: string): unknown;
}

export function createScriptedModel(t: TestLike, turns: readonly ScriptedTurn[]): ScriptedModel {
  const requests: ModelRequest[] = [];
  t.teardown(() => {
    if (requests.length < turns.length)
      throw new Error(`the scripted model was called ${requests.length} times, ${turns.length} turns were written`);
  });
  return {
    provider: 'scripted',
    model: 'scripted',
    requests,
    async *generate(request, signal): AsyncGenerator<ModelEvent, void, undefined> {
      const number = requests.push(request);
      const turn = turns[number - 1];
      if (turn === undefined) {
        t.fail(`the scripted model was called ${number} times, ${turns.length} turns were written`);
        throw new Error('unexpected call of the scripted model');
      }
      turn.expect?.(request);
      let calls = 0;
      for (const piece of turn.say) {
        signal.throwIfAborted();
        if (typeof piece === 'string') yield { type: 'text', text: piece };
        else if ('thinking' in piece)
          yield { type: 'thinking', text: piece.thinking, ...(piece.signature === undefined ? {} : { signature: piece.signature }) };
        else if ('call' in piece) yield toEvent(piece.call, `call-${number}-${calls++}`);
        else if ('gate' in piece) await untilOpen(piece.gate, signal);
        else throw piece.error;
      }
      yield {
        type: 'finish',
        reason: turn.finish ?? (calls > 0 ? 'tool_calls' : 'stop'),
        ...(turn.usage === undefined ? {} : { usage: turn.usage }),
      };
    },
  };
}

function toEvent(call: ScriptedCall, defaultId: string): ModelEvent {
  const { id = defaultId, name, arguments: args = {}, invalidArguments } = call;
  return { type: 'tool_call', id, name, arguments: args, ...(invalidArguments === undefined ? {} : { invalidArguments }) };
}

function untilOpen(gate: Promise<unknown>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    gate.then(() => resolve(), reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
