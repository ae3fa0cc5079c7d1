/**
 * One call of a handler, alive for one turn of a worker.
 *
 * Owns: the handler's iterator, its state object, the text since the last commit. Does not own: the log.
 * - Each output but text ends a step, and the handler goes on only when the worker has committed it (R2).
 * - An output that ends the run, or pauses it, ends the call too; so does the end of the turn, which aborts the handler's signal.
 */
import { untilAborted } from '../../base/abort.js';
import type { Clock } from '../../base/clock.js';
import { AppError, describeError } from '../../base/errors.js';
import type { JsonObject } from '../../base/json.js';
import { owningStrays } from '../../base/stray-failures.js';
import type { AgentSettings } from '../../config/settings.js';
import type { Logger } from '../../observe/log.js';
import type { StepContext, StepOutcome, StepState } from '../agent.js';
import { findNestedBranch } from '../branch.js';
import { type CustomControl, readControl } from './control.js';
import { askAboutEffects } from './decide-effects.js';
import { Effects } from './effects.js';
import type { AgentContext, AgentHandler, Output, Result } from './handler.js';
import { invalid, readOutput } from './read-output.js';
import { readRun } from './read-run.js';
import { toOutcome } from './to-outcome.js';

export interface CustomAgentOptions {
  /** Key in `agents`. */
  readonly name: string;
  readonly settings: Pick<AgentSettings, 'directMessages'>;
  readonly handler: AgentHandler;
  readonly approvalExpiresAfterMs: number;
  /** `server.limits.max_tool_bytes`: of what came of an effect, by its code or by what people say. */
  readonly maxToolBytes: number;
  /** `server.limits.max_event_bytes`. Default: what the worker allows, which sees to it in any case. */
  readonly maxEventBytes?: number;
  readonly clock: Clock;
  readonly log: Logger;
}

export class HandlerCall {
  readonly #options: CustomAgentOptions;
  readonly #effects: Effects;
  readonly #outputs: AsyncGenerator<unknown, void>;
  readonly #state: JsonObject;
  readonly #messageId: string;
  readonly #stray = new AbortController();
  #next: Promise<IteratorResult<unknown, void>> | undefined;

  private constructor(options: CustomAgentOptions, context: AgentContext, effects: Effects) {
    this.#options = options;
    this.#effects = effects;
    this.#state = context.state as JsonObject;
    this.#messageId = context.message.messageId;
    this.#outputs = outputsOf(options.handler, context);
  }

  static async begin(state: StepState, context: StepContext, options: CustomAgentOptions): Promise<HandlerCall> {
    const { task } = state;
    const control = readControl(task.control);
    const { metadata, ...view } = readRun(await context.readEvents(), state.history, control.messageId);
    const signal = AbortSignal.any([context.signal, context.turn]);
    const effects = new Effects({
      ...{ agent: options.name, taskId: task.id, signal },
      ...{ maxToolBytes: options.maxToolBytes, clock: options.clock, log: options.log },
      scope: findNestedBranch(state, options.name),
    });
    const { id, contextId, owner, tenant } = task;
    const call = new HandlerCall(
      options,
      {
        ...view,
        task: { id, contextId, agent: options.name, owner, tenant, metadata },
        state: structuredClone(control.state),
        signal,
        call: (name, effect, run) => effects.call(name, effect, run),
      },
      effects,
    );
    if (signal.aborted) call.#close();
    else signal.addEventListener('abort', () => call.#close(), { once: true });
    return call;
  }

  /** Up to the next commit. */
  async runStep(state: StepState, context: StepContext): Promise<StepOutcome> {
    const { name, settings, clock, maxEventBytes } = this.#options;
    const control = readControl(state.task.control);
    const texts = new Map<string, string>();
    this.#effects.open(context);
    for (;;) {
      const next = await this.#pull(context.signal);
      if (next === 'lost') return await this.#ask(state, context, control);
      const output = next.done === true ? undefined : readOutput(next.value, name, maxEventBytes);
      if (output?.type === 'text') {
        if (output.text !== '') context.preview(output.artifactId, output.text);
        texts.set(output.artifactId, (texts.get(output.artifactId) ?? '') + output.text);
        this.#assertLength(texts);
        continue;
      }
      await untilAborted(this.#effects.untilLost(this.#effects.close()), context.signal);
      if (this.#effects.lost.length > 0) return await this.#ask(state, context, control);
      const allowsMessage = settings.directMessages;
      return toOutcome(output, { task: state.task, control: this.#withState(control), texts, allowsMessage, now: clock.now() });
    }
  }

  async #pull(signal: AbortSignal): Promise<IteratorResult<unknown, void> | 'lost'> {
    if (this.#next === undefined) {
      this.#next = owningStrays(
        (error) => this.#fail(error),
        () => this.#outputs.next(),
      );
      // Whoever waits for it hears of its failure; after an abort nobody does.
      this.#next.catch(() => {});
    }
    const next = await untilAborted(untilAborted(this.#effects.untilLost(this.#next), this.#stray.signal), signal);
    if (next !== 'lost') this.#next = undefined;
    return next;
  }

  /** Code that the handler began and did not wait for has failed: nobody knows what its answer is worth. */
  #fail(cause: unknown): void {
    const message = `a promise that the handler of '${this.#options.name}' made was rejected, and nobody handled it`;
    this.#stray.abort(new AppError('INTERNAL', { message, cause }));
  }

  /** What this call did since its last commit is done again when the question is answered: its effects are in the ledger. */
  async #ask(state: StepState, context: StepContext, control: CustomControl): Promise<StepOutcome> {
    await untilAborted(this.#effects.close(), context.signal);
    return askAboutEffects(this.#effects.lost, { ...control, messageId: this.#messageId }, state, this.#options);
  }

  #withState(control: CustomControl): CustomControl {
    const { name } = this.#options;
    let text: string;
    try {
      text = JSON.stringify(this.#state);
    } catch (error) {
      throw invalid(name, `the state is no JSON (${describeError(error)})`);
    }
    if (text.length > MAX_STATE_LENGTH)
      throw invalid(
        name,
        `the state has ${text.length} characters as JSON; wanted at most ${MAX_STATE_LENGTH}: keep references, not the data`,
      );
    return { ...control, state: JSON.parse(text) as JsonObject };
  }

  #assertLength(texts: ReadonlyMap<string, string>): void {
    let length = 0;
    for (const text of texts.values()) length += text.length;
    if (length > MAX_TEXT_LENGTH)
      throw invalid(
        this.#options.name,
        `more than ${MAX_TEXT_LENGTH} characters of text since the last commit; yield artifacts in between`,
      );
  }

  /** A handler that hangs is left alone: its signal has aborted, and nothing that it says is heard. */
  #close(): void {
    const { name, log } = this.#options;
    const report = (error: unknown) => log.debug({ agent: name, reason: describeError(error) }, 'a handler ended after its turn was over');
    this.#outputs.return().catch(report);
  }
}

async function* outputsOf(handler: AgentHandler, context: AgentContext): AsyncGenerator<unknown, void> {
  const answer = await handler(context);
  const result = isGenerator(answer) ? yield* answer : (answer as Result);
  if (Array.isArray(result)) yield* result as readonly Output[];
  else if (result !== undefined) yield result;
}

/** Texts and lists can be iterated, too; only generators can be asked for the next one. */
function isGenerator(answer: unknown): answer is AsyncGenerator<Output, Result> {
  return typeof answer === 'object' && answer !== null && 'next' in answer && typeof answer.next === 'function';
}

const MAX_STATE_LENGTH = 64 * 1024;
const MAX_TEXT_LENGTH = 1_000_000;
