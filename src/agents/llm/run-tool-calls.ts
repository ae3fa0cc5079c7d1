/** Running the tool calls of one model turn: in parallel (AGT-05, W-33), each failure a result that the model reads (AGT-07). */
import { abortError, throwIfAborted, untilAborted } from '../../base/abort.js';
import type { Clock } from '../../base/clock.js';
import { AppError, describeError, hasCode } from '../../base/errors.js';
import { faultPoint } from '../../base/fault-points.js';
import { errorType } from '../../observe/error-type.js';
import type { Logger } from '../../observe/log.js';
import { type Observer, silentObserver } from '../../observe/observer.js';
import { capturePayload, recordFailure, withSpan } from '../../observe/trace.js';
import type { ToolContext } from '../../providers/tools/contract.js';
import type { StoredArtifact, StoredToolResult, ToolCallWrite } from '../../tasks/tool-call.js';
import { beginCall, describeCanceled, type OpenCall, type RunningCalls, untilCanceled } from './cancelable-calls.js';
import { ANSWER_FACTOR } from './json-bytes.js';
import { newIdentity } from './plan-calls.js';
import type { ReadyCall } from './prepare-call.js';
import type { RecordResult } from './record-results.js';
import { startTool, type ToolCode } from './start-tool.js';
import { storeResult } from './store-result.js';
import { createToolHandles, type ToolHandleSources, withArtifacts } from './tool-handles.js';
import type { ToolProgress } from './tool-progress.js';

export interface RunToolCallsOptions {
  readonly context: Omit<ToolContext, 'callId' | 'idempotencyKey' | 'progress' | 'artifacts' | 'memory'>;
  readonly progress: ToolProgress;
  /** Default: tools reach nothing beside their arguments. */
  readonly handles?: ToolHandleSources | undefined;
  /** What runs around each call. */
  readonly code: ToolCode;
  /** 0 = unlimited (AGT-13). */
  readonly maxToolOutputLength: number;
  /** Of the content and of the data of one result; those of one answer have four times as much together. */
  readonly maxToolBytes: number;
  /** Where a cancel of one call finds it. Default: nowhere. */
  readonly calls?: RunningCalls | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** Default: nobody hears of them. */
  readonly observer?: Observer | undefined;
}

/** A call to run; with `record` its result goes into the ledger when it arrives. */
export interface CallToRun {
  readonly call: ReadyCall;
  /** Who decided that it may run, if somebody had to. */
  readonly decision?: ToolCallWrite['decision'];
  readonly record?: RecordResult;
}

/**
 * In the order of the calls; `undefined` for a `once` call of which its tool says that nobody knows what became of it (R7).
 * @throws when the step is aborted, and when a result cannot be recorded.
 */
export async function runToolCalls(
  calls: readonly CallToRun[],
  options: RunToolCallsOptions,
): Promise<readonly (StoredToolResult | undefined)[]> {
  throwIfAborted(options.context.signal);
  const maxToolBytes = Math.min(options.maxToolBytes, Math.floor((options.maxToolBytes * ANSWER_FACTOR) / calls.length));
  // Also those that wait for a place: whoever cancels one of them does not want it to begin.
  const open = new Map(calls.map((entry) => [entry, beginCall(options.calls, entry.call.id)]));
  try {
    const results = await mapAtOnce(calls, MAX_AT_ONCE, (entry) =>
      runToolCall(entry, open.get(entry) as OpenCall, { ...options, maxToolBytes }),
    );
    throwIfAborted(options.context.signal);
    return results;
  } finally {
    for (const { end } of open.values()) end();
  }
}

async function runToolCall(
  { call, decision, record }: CallToRun,
  open: OpenCall,
  options: RunToolCallsOptions,
): Promise<StoredToolResult | undefined> {
  const { maxToolOutputLength, maxToolBytes: maxBytes } = options;
  const keep = async (returned: unknown): Promise<StoredToolResult> => {
    const stored = storeResult(returned, { tool: call.tool.name, maxToolOutputLength, maxBytes });
    if (record === undefined) return stored;
    await faultPoint('tool.after-call');
    const row: ToolCallWrite = { ...newIdentity(call), status: 'done', result: stored, ...(decision === undefined ? {} : { decision }) };
    await untilAborted(record(row), options.context.signal);
    await faultPoint('tool.after-result');
    return stored;
  };
  const keepLate = record === undefined ? undefined : keep;
  const startedMs = options.clock.monotonic();
  const returned = await callTool(call, open, options, keepLate);
  // Its result stands: a cancel comes too late now, and is told so.
  open.end();
  const stored = returned === UNKNOWN ? undefined : await keep(returned);
  tellOf(call, stored, returned, options, startedMs);
  return stored;
}

/** A call of which nobody knows what became of it has failed for whoever counts. */
function tellOf(
  { id: callId, tool: { name: tool } }: ReadyCall,
  stored: StoredToolResult | undefined,
  returned: unknown,
  { context: { agent, owner: user, taskId }, clock, observer: { metrics, audit } = silentObserver }: RunToolCallsOptions,
  startedMs: number,
): void {
  const success = stored !== undefined && !stored.isError;
  const error = success ? {} : { error: returned instanceof FailedCall ? returned.errorCode : 'TOOL_FAILED' };
  metrics.count('tool_calls_total', { agent, tool, status: success ? 'success' : 'error' });
  metrics.observe('tool_call_duration_seconds', { agent, tool }, (clock.monotonic() - startedMs) / 1_000);
  audit.record({ action: 'tool.run', user, success, agent, tool, taskId, callId, ...error });
  if (error.error === undefined) return;
  metrics.count('tool_errors_total', { agent, tool, error_type: error.error });
  metrics.count('errors_total', { component: 'tool', error_type: error.error });
}

async function callTool(
  call: ReadyCall,
  { signal: canceled }: OpenCall,
  { context, progress, handles, code, clock, log }: RunToolCallsOptions,
  keepLate: ((returned: unknown) => Promise<StoredToolResult>) | undefined,
): Promise<unknown> {
  const { id, tool, idempotencyKey } = call;
  const attributes = {
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': tool.name,
    'gen_ai.tool.description': tool.description,
    'gen_ai.tool.call.id': id,
  };
  if (canceled.aborted) return { content: describeCanceled(tool.effect, false), isError: true };
  const signal = AbortSignal.any([context.signal, canceled]);
  let running: Promise<unknown> | undefined;
  try {
    return await withSpan('hector.tool.execute', attributes, async (span) => {
      capturePayload(span, 'hector.tool.args', () => call.arguments);
      const show = (text: string) => progress.add(id, text);
      const saved: StoredArtifact[] = [];
      const reach = createToolHandles(handles, { ...context, signal, saved });
      const own = { ...context, ...reach, signal, callId: id, idempotencyKey, progress: show };
      running = startTool(call, own, code, log).then((result) => withArtifacts(result, saved));
      const returned = await untilAborted(untilCanceled(running, canceled, clock), context.signal);
      capturePayload(span, 'hector.tool.response', () => returned);
      if (isErrorResult(returned)) recordFailure(span, new AppError('TOOL_FAILED', { message: returned.content }));
      return returned;
    });
  } catch (error) {
    if (!context.signal.aborted && canceled.aborted) {
      log.info({ tool: tool.name, callId: id, taskId: context.taskId }, 'a tool call was canceled');
      return { content: describeCanceled(tool.effect, true), isError: true };
    }
    if (!context.signal.aborted) {
      log.warn({ err: error, tool: tool.name, callId: id }, 'a tool call failed');
      if (tool.effect === 'once' && hasCode(error, 'TOOL_OUTCOME_UNKNOWN')) return UNKNOWN;
      return new FailedCall(`Error: ${error instanceof AppError ? error.message : describeError(error)}`, errorType(error));
    }
    // The intent stays. What the tool still says is kept as long as nobody else has the run, also when the run has ended; a
    // rejection says nothing about what was done.
    if (keepLate !== undefined)
      void running?.then(keepLate).catch((reason: unknown) => {
        log.debug({ err: reason, tool: tool.name, callId: id, taskId: context.taskId }, 'a call goes on, or ended, without its step');
      });
    throw abortError(context.signal);
  }
}

/** The result of a call that threw. */
class FailedCall {
  readonly content: string;
  readonly isError = true;
  readonly #errorCode: string;

  constructor(content: string, errorCode: string) {
    this.content = content;
    this.#errorCode = errorCode;
  }

  get errorCode(): string {
    return this.#errorCode;
  }
}

function isErrorResult(returned: unknown): returned is { readonly content: string } {
  const { content, isError } = (returned ?? {}) as { content?: unknown; isError?: unknown };
  return isError === true && typeof content === 'string';
}

/** In place of what a tool returned. */
const UNKNOWN = Symbol('unknown');

/** Each takes a place when one is free; the first failure ends the taking. */
async function mapAtOnce<Item, Result>(
  items: readonly Item[],
  places: number,
  run: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const waiting = items.entries();
  const work = async () => {
    for (const [index, item] of waiting) results[index] = await run(item);
  };
  await Promise.all(Array.from({ length: Math.min(places, items.length) }, work));
  return results;
}

/** A model may ask for a thousand calls in one answer; they must not take the process away from other runs. */
const MAX_AT_ONCE = 16;
