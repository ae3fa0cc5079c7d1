/** One answer of the model, as it counts: with the code around the call (AGT-14), and made to fit its schema (AGT-60). */
import { AppError, toAppError } from '../../base/errors.js';
import type { JsonValue } from '../../base/json.js';
import type { ModelRequest } from '../../providers/llms/contract.js';
import type { SessionPart, ToolCallPart } from '../../tasks/session-message.js';
import { type RunUsage, sumUsage, withCost } from '../usage.js';
import { type CallModelOptions, callModel, createCallIds } from './call-model.js';
import { askForRepair, checkOutput } from './check-output.js';
import type { Answer } from './collect-answer.js';
import { findEndingCall } from './control-tools.js';
import type { InvocationContext, ModelAnswer, Stage } from './customization.js';
import { createArgumentsLimit } from './limit-arguments.js';
import { prepareCall } from './prepare-call.js';
import { runCallback } from './run-callback.js';
import type { StepDependencies } from './step-dependencies.js';

export interface AskModelOptions extends Omit<CallModelOptions, 'request' | 'model' | 'llm' | 'clock' | 'maxToolBytes' | 'maxEventBytes'> {
  readonly invocation: InvocationContext;
  /** The agent's last words in this run so far. Default: none. */
  readonly said?: string | undefined;
  readonly dependencies: StepDependencies;
}

export interface AskedAnswer {
  readonly answer: Answer;
  /** The answer as JSON, where it has a schema and is the last. */
  readonly value: JsonValue | undefined;
  /** Of all tries. */
  readonly usage: RunUsage | undefined;
  readonly calls: number;
}

export interface AskFailure extends Pick<AskedAnswer, 'usage' | 'calls'> {
  readonly failure: AppError;
}

/**
 * An answer that does not fit is told what is wrong, and nobody else hears of it. Calls that end the run stand while the answer beside
 * them is repaired.
 */
export async function askModel(request: ModelRequest, options: AskModelOptions): Promise<AskedAnswer | AskFailure> {
  const { said } = options;
  const { name, settings, checkArguments, findPrice } = options.dependencies;
  const output = settings.structuredOutput;
  let { messages } = request;
  let usage: RunUsage | undefined;
  let ending: readonly ToolCallPart[] = [];
  for (let calls = 1; ; calls += 1) {
    let paid: Answer | undefined;
    const given = await askOnce({ ...request, messages }, options, (answer) => {
      paid = answer;
    }).catch((error: unknown) => {
      const failure = toAppError(error);
      if (options.signal.aborted || failure.disposition === 'retry' || paid === undefined) throw error;
      // Code behind the model's answer failed: the model has been paid for.
      usage = sumUsage([usage, withCost(paid.usage, findPrice?.(paid.llm ?? settings.llm))]);
      return failure;
    });
    if (given instanceof AppError) return { failure: given, usage, calls };
    const answer = given.calls.length > 0 ? given : withCalls(given, ending);
    const own = withCost(answer.usage, findPrice?.(answer.llm ?? settings.llm));
    usage = sumUsage([usage, own]);
    const unchecked = { answer, value: undefined, usage, calls };
    const hasCalls = answer.calls.length > 0;
    if (output === undefined || (hasCalls ? !endsRun(answer, options) : answer.text === '' && answer.reason !== 'stop')) return unchecked;
    ending = answer.calls;
    const isSaid = hasCalls && answer.text === '';
    const checked = checkOutput(isSaid ? (said ?? '') : answer.text, output, checkArguments);
    if (checked.type === 'valid') return isSaid ? unchecked : { ...unchecked, value: checked.value };
    const cut = answer.reason === 'length' ? ` (it was cut at llms.${settings.llm}.max_tokens)` : '';
    if (calls > output.maxRepairs)
      return {
        failure: new AppError('AGENT_OUTPUT_INVALID', {
          message: `The answer does not fit agents.${name}.structured_output.schema after ${calls} tries: ${checked.problems}${cut}`,
        }),
        usage,
        calls,
      };
    messages = [...request.messages, ...askForRepair(answer.text, checked.problems, name)];
  }
}

/** Whoever a conversation is handed over to answers in place of this agent. */
function endsRun({ calls }: Answer, { invocation: { taskId, owner }, dependencies }: AskModelOptions): boolean {
  const prepared = calls.map((call) => prepareCall(call, { ...dependencies, taskId, owner }));
  const ending = findEndingCall(prepared, dependencies.settings.reasoning.terminationConditions);
  return ending !== undefined && ending.tool.terminates !== 'transfer';
}

function withCalls(answer: Answer, calls: readonly ToolCallPart[]): Answer {
  return calls.length === 0 ? answer : { ...answer, calls, parts: [...answer.parts, ...calls] };
}

async function askOnce(request: ModelRequest, options: AskModelOptions, pay: (answer: Answer) => void): Promise<Answer | AppError> {
  const { invocation, dependencies, said: _, ...call } = options;
  const { model, llm, clock, maxToolBytes, maxEventBytes, customization } = dependencies;
  const { agent, signal } = invocation;
  const { beforeModel, afterModel } = customization ?? {};
  const instead =
    beforeModel === undefined
      ? undefined
      : await runCallback({ agent, signal, name: 'beforeModel' }, () => beforeModel(invocation, request));
  const shown = options.shown;
  shown.text = '';
  const toOwn = (answer: ModelAnswer) => toAnswer(answer, options);
  const answer =
    instead === undefined ? await callModel({ ...call, request, model, llm, clock, maxToolBytes, maxEventBytes }) : toOwn(instead);
  if (answer instanceof AppError) return answer;
  pay(answer);
  const passed = await passStages(answer, options);
  const replaced =
    afterModel === undefined ? undefined : await runCallback({ agent, signal, name: 'afterModel' }, () => afterModel(invocation, passed));
  const last = replaced ?? passed;
  return last === answer ? answer : { ...toOwn(last), llm: answer.llm };
}

async function passStages(answer: Answer, { invocation, dependencies }: AskModelOptions): Promise<ModelAnswer> {
  const { customization, log } = dependencies;
  const { agent, signal } = invocation;
  const stages: readonly Stage<ModelAnswer>[] = [
    { name: 'thinking', run: withoutEmptyThinking },
    {
      name: 'logging',
      run(value) {
        log.debug({ agent, taskId: invocation.taskId, reason: value.reason, parts: value.parts.length }, 'the model answered');
        return value;
      },
    },
  ];
  const pipeline = customization?.responsePipeline;
  let value: ModelAnswer = answer;
  if (pipeline === undefined) for (const stage of stages) value = await stage.run(value, invocation);
  else
    for (const stage of await runCallback({ agent, signal, name: 'responsePipeline' }, () => pipeline(stages)))
      value = await runCallback({ agent, signal, name: `the stage '${stage.name}'` }, () => stage.run(value, invocation));
  return value;
}

/** A block with neither words nor a signature says nothing to anybody. */
function withoutEmptyThinking(answer: ModelAnswer): ModelAnswer {
  const isEmpty = (part: SessionPart) => part.type === 'thinking' && part.text === '' && part.signature === undefined;
  return answer.parts.some(isEmpty) ? { ...answer, parts: answer.parts.filter((part) => !isEmpty(part)) } : answer;
}

/** What code has said instead of the model, under the same rules. */
function toAnswer({ parts: given, reason, usage }: ModelAnswer, { usedCallIds, callIdSuffix, dependencies }: AskModelOptions): Answer {
  const chooseCallId = createCallIds({ usedCallIds, callIdSuffix, clock: dependencies.clock });
  const limitArguments = createArgumentsLimit(dependencies.maxToolBytes);
  const parts = given.map((part) => (part.type === 'tool_call' ? limitArguments({ ...part, id: chooseCallId(part.id) }) : part));
  const text = parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('');
  return { parts, text, calls: parts.filter((part) => part.type === 'tool_call'), reason, usage };
}
