/**
 * What a handler does to the world, by the ledger of its run (R7).
 *
 * Owns: the effects under way in one call of the handler. Does not own: decisions about lost ones (`decide-effects.ts`).
 * - A `once` effect whose intent has no result is never begun: it is asked about, and the handler's wait for it never ends.
 * - The ledger takes writes for the open step alone: an effect begins while a step is open, and no step ends before it.
 */
import { abortError } from '../../base/abort.js';
import type { Clock } from '../../base/clock.js';
import { AppError, describeError } from '../../base/errors.js';
import { faultPoint } from '../../base/fault-points.js';
import { canonicalJson, type JsonValue, sha256Hex } from '../../base/json.js';
import type { Logger } from '../../observe/log.js';
import type { CallIdentity, StoredToolResult, ToolCallRecord, ToolCallWrite, ToolEffect } from '../../tasks/tool-call.js';
import type { StepContext } from '../agent.js';
import { beginCall, describeCanceled, type OpenCall, untilCanceled } from '../llm/cancelable-calls.js';
import { recordResults, recordSurely } from '../llm/record-results.js';
import { limitContent } from '../llm/store-result.js';
import type { EffectContext } from './handler.js';
import { invalid } from './read-output.js';

export interface EffectsOptions {
  readonly agent: string;
  readonly taskId: string;
  /** Its place below the run's own agent, where each turn has effects of its own. Default: it is the run's own. */
  readonly scope?: string | undefined;
  /** That of the handler's call. */
  readonly signal: AbortSignal;
  /** `server.limits.max_tool_bytes`: of one result. */
  readonly maxToolBytes: number;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Failure {
  readonly stored: StoredToolResult;
  /** As the handler is to see it now; later calls get `stored`. */
  readonly error: unknown;
}

export class Effects {
  readonly #options: EffectsOptions;
  readonly #running = new Map<string, Promise<unknown>>();
  readonly #lost: ToolCallRecord[] = [];
  #onLost: () => void = () => {};
  #context: StepContext | undefined;
  readonly #waiting: ((context: StepContext) => void)[] = [];

  constructor(options: EffectsOptions) {
    this.#options = options;
  }

  /** Those that somebody has to be asked about. */
  get lost(): readonly ToolCallRecord[] {
    return this.#lost;
  }

  /**
   * What the wait gives, or 'lost' when the outcome of an effect turns out to be unknown first. One wait at a time: a race against one
   * long-lived promise would keep what every wait gave.
   */
  untilLost<Value>(wait: Promise<Value>): Promise<Value | 'lost'> {
    return new Promise((resolve, reject) => {
      this.#onLost = () => resolve('lost');
      if (this.#lost.length > 0) resolve('lost');
      wait.then(resolve, reject);
    });
  }

  open(context: StepContext): void {
    this.#context = context;
    for (const resolve of this.#waiting.splice(0)) resolve(context);
  }

  /** Resolves when none is under way; from then on they wait for the next step. */
  async close(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running.values());
    this.#context = undefined;
  }

  call<Value>(name: string, effect: ToolEffect, run: (effect: EffectContext) => Value | Promise<Value>): Promise<Value> {
    this.#assertCall(name, effect, run);
    const known = this.#running.get(name);
    if (known !== undefined) return known as Promise<Value>;
    const value = this.#call(name, effect, run);
    this.#running.set(name, value);
    const forget = () => void this.#running.delete(name);
    value.then(forget, forget);
    return value;
  }

  async #call<Value>(name: string, effect: ToolEffect, run: (effect: EffectContext) => Value | Promise<Value>): Promise<Value> {
    const { taskId, scope, signal } = this.#options;
    const context = this.#context ?? (await new Promise<StepContext>((resolve) => this.#waiting.push(resolve)));
    if (signal.aborted) throw abortError(signal);
    const identity = effectIdentity([taskId, ...(scope === undefined ? [] : [scope])], name, effect);
    if (effect === 'pure') return await this.#runPure(identity, context, run);
    const row = (await context.ledger.find([identity.callId])).get(identity.callId);
    if (row?.status === 'done' && row.result !== undefined) return this.#settle(row.result) as Value;
    if (row !== undefined && isLost(row, effect)) return await this.#ask(name, row);
    await faultPoint('tool.before-intent');
    const decided = row?.decision === undefined ? {} : { decision: row.decision };
    await recordSurely([{ ...identity, status: 'intended', ...decided }], context, this.#options.clock);
    await faultPoint('tool.after-intent');
    if (signal.aborted) throw abortError(signal);
    const result = await this.#runCancelable(identity, context, run);
    await faultPoint('tool.after-call');
    await this.#keep({ ...identity, status: 'done', result: result.stored, ...decided }, context);
    await faultPoint('tool.after-result');
    if ('error' in result) throw result.error;
    return this.#settle(result.stored) as Value;
  }

  async #runPure<Value>(
    { callId, idempotencyKey }: CallIdentity,
    { calls }: StepContext,
    run: (effect: EffectContext) => Value | Promise<Value>,
  ): Promise<Value> {
    const { signal, clock } = this.#options;
    const open = beginCall(calls, callId);
    try {
      const work = async () => run({ idempotencyKey, signal: AbortSignal.any([signal, open.signal]) });
      return await untilCanceled(work(), open.signal, clock);
    } catch (error) {
      throw open.signal.aborted && !signal.aborted ? canceled('pure') : error;
    } finally {
      open.end();
    }
  }

  async #runCancelable(
    { callId, tool, effect, idempotencyKey }: CallIdentity,
    { calls }: StepContext,
    run: (effect: EffectContext) => unknown,
  ): Promise<Failure | { readonly stored: StoredToolResult }> {
    const { signal, clock } = this.#options;
    const open = beginCall(calls, callId);
    try {
      const work = async () => run({ idempotencyKey, signal: AbortSignal.any([signal, open.signal]) });
      return await this.#run(tool, effect, open, () => untilCanceled(work(), open.signal, clock));
    } finally {
      open.end();
    }
  }

  /** @throws what leaves the outcome open: nobody knows what a call did that gave up, and an idempotent one may be tried again. */
  async #run(
    name: string,
    effect: ToolEffect,
    open: OpenCall,
    run: () => unknown,
  ): Promise<Failure | { readonly stored: StoredToolResult }> {
    const { agent, maxToolBytes } = this.#options;
    let value: unknown;
    try {
      value = await run();
    } catch (error) {
      if (this.#options.signal.aborted) throw error;
      if (open.signal.aborted) return this.#fail(describeCanceled(effect, true), canceled(effect));
      if (effect === 'idempotent') throw error;
      return this.#fail(describeError(error), error);
    }
    try {
      const text = JSON.stringify(value) as string | undefined;
      const bytes = Buffer.byteLength(text ?? '');
      if (bytes > maxToolBytes) {
        const error = invalid(
          agent,
          `the effect '${name}' ran and returned ${bytes} bytes as JSON; server.limits.max_tool_bytes allows ${maxToolBytes}: return a reference, not the data`,
        );
        return this.#fail(error.message, error);
      }
      return { stored: { content: '', isError: false, ...(text === undefined ? {} : { data: JSON.parse(text) as JsonValue }) } };
    } catch (cause) {
      const error = invalid(agent, `the effect '${name}' returned what is no JSON (${describeError(cause)})`);
      return this.#fail(error.message, error);
    }
  }

  /** Bounded: a row that the database refuses would leave open what has been done. */
  #fail(content: string, error: unknown): Failure {
    return { stored: { content: limitContent(content, this.#options.maxToolBytes), isError: true }, error };
  }

  #settle({ isError, content, data }: StoredToolResult): unknown {
    if (isError) throw new AppError('TOOL_FAILED', { message: content });
    return data;
  }

  #ask(name: string, row: ToolCallRecord): Promise<never> {
    this.#lost.push(row);
    this.#running.delete(name);
    this.#onLost();
    return new Promise(() => {});
  }

  async #keep(row: ToolCallWrite, context: StepContext): Promise<void> {
    const { agent, clock, log } = this.#options;
    try {
      await recordResults([row], context, clock);
    } catch (error) {
      // Nobody listens to the handler any more.
      if (context.signal.aborted) log.info({ err: error, agent, effect: row.tool }, 'the result of an aborted effect was not kept');
      throw error;
    }
  }

  #assertCall(name: unknown, effect: unknown, run: unknown): void {
    const { agent } = this.#options;
    if (typeof name !== 'string' || name === '' || name.length > MAX_NAME_LENGTH)
      throw invalid(agent, `call(): the name must be a text of 1 to ${MAX_NAME_LENGTH} characters`);
    if (effect !== 'pure' && effect !== 'idempotent' && effect !== 'once')
      throw invalid(agent, `call('${name}'): the effect must be pure, idempotent or once, not ${String(effect)}`);
    if (typeof run !== 'function') throw invalid(agent, `call('${name}'): the third argument must be a function`);
  }
}

function canceled(effect: ToolEffect): AppError {
  return new AppError('TOOL_CALL_CANCELED', { message: describeCanceled(effect, true) });
}

function isLost(row: ToolCallRecord, effect: ToolEffect): boolean {
  return row.status === 'unknown' || (row.status === 'intended' && (effect === 'once' || row.effect === 'once'));
}

function effectIdentity(run: readonly string[], name: string, effect: ToolEffect): CallIdentity {
  const key = sha256Hex(canonicalJson(['effect', ...run, name]));
  return {
    callId: `effect-${key.slice(0, 32)}`,
    tool: name,
    effect,
    argumentsHash: sha256Hex(canonicalJson({ name })),
    idempotencyKey: key,
  };
}

const MAX_NAME_LENGTH = 200;
