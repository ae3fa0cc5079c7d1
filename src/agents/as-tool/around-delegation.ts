/** `beforeTool` and `afterTool` around calls of agent tools (AGT-14): before the run of the call begins, and when it has ended. */
import { throwIfAborted } from '../../base/abort.js';
import { AppError, describeError } from '../../base/errors.js';
import type { Logger } from '../../observe/log.js';
import type { StoredToolResult, ToolCallWrite } from '../../tasks/tool-call.js';
import { newIdentity } from '../llm/plan-calls.js';
import type { ReadyCall } from '../llm/prepare-call.js';
import type { PlannedCall } from '../llm/run-planned-calls.js';
import { askAfterTool, askBeforeTool, type ToolCode } from '../llm/start-tool.js';
import { storeResult } from '../llm/store-result.js';
import { type Delegation, isDelegation } from './delegate-calls.js';

export interface AroundDelegationOptions {
  /** Keys of the runs that calls have begun, by call id. */
  readonly delegated: Readonly<Record<string, string>>;
  readonly code: ToolCode;
  readonly maxToolOutputLength: number;
  readonly maxToolBytes: number;
  readonly log: Logger;
}

/** Calls whose run is about to begin; those that got a result instead are settled. */
export async function beforeDelegation(planned: readonly PlannedCall[], options: AroundDelegationOptions): Promise<readonly PlannedCall[]> {
  if (options.code.callbacks.beforeTool === undefined) return planned;
  return await Promise.all(
    planned.map(async (entry): Promise<PlannedCall> => {
      const { call, plan } = entry;
      if (plan.type !== 'run' || !isDelegation(entry) || options.delegated[call.id] !== undefined) return entry;
      const result = await findInstead(plan.call, options);
      if (result === undefined) return entry;
      const decision = plan.intent?.decision;
      const write: ToolCallWrite | undefined =
        decision === undefined ? undefined : { ...newIdentity(plan.call), status: 'done', result, decision };
      return { ...entry, plan: { type: 'settled', result, ...(write === undefined ? {} : { write }) } };
    }),
  );
}

/** The results that count, of runs that have ended. */
export async function afterDelegation(
  delegation: Delegation,
  planned: readonly PlannedCall[],
  options: AroundDelegationOptions,
): Promise<Delegation> {
  const { code, log } = options;
  if (code.callbacks.afterTool === undefined || delegation.answered.length === 0) return delegation;
  const answered = await Promise.all(
    delegation.answered.map(async (known) => {
      const plan = planned.find(({ call }) => call.id === known.call.id)?.plan;
      if (plan?.type !== 'run') return known;
      return { ...known, result: keep(plan.call, await askAfterTool(plan.call, known.result, code, log), options) };
    }),
  );
  throwIfAborted(code.invocation.signal);
  const toolCalls = delegation.toolCalls.map((row) => {
    const result = row.status === 'done' ? answered.find(({ call }) => call.id === row.callId)?.result : undefined;
    return result === undefined ? row : { ...row, result };
  });
  return { ...delegation, answered, toolCalls };
}

async function findInstead(call: ReadyCall, options: AroundDelegationOptions): Promise<StoredToolResult | undefined> {
  const { code, log } = options;
  try {
    const instead = await askBeforeTool(call, code);
    return instead === undefined ? undefined : keep(call, await askAfterTool(call, instead, code, log), options);
  } catch (error) {
    throwIfAborted(code.invocation.signal);
    log.warn({ err: error, tool: call.tool.name, callId: call.id }, 'a tool call failed');
    return { content: `Error: ${error instanceof AppError ? error.message : describeError(error)}`, isError: true };
  }
}

function keep(
  { tool }: ReadyCall,
  result: unknown,
  { maxToolOutputLength, maxToolBytes }: Pick<AroundDelegationOptions, 'maxToolOutputLength' | 'maxToolBytes'>,
): StoredToolResult {
  return storeResult(result, { tool: tool.name, maxToolOutputLength, maxBytes: maxToolBytes });
}
