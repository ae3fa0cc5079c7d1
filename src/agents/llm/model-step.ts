/** The step that calls the model; calls that change nothing and wait for nobody run in it too. */
import { throwIfAborted } from '../../base/abort.js';
import { AppError } from '../../base/errors.js';
import { newId } from '../../base/ids.js';
import { formatContextBlock } from '../../providers/llms/context-block.js';
import type { ModelRequest } from '../../providers/llms/contract.js';
import { describeSources } from '../../providers/tools/sources.js';
import type { SessionMessage } from '../../tasks/session-message.js';
import type { StepContext, StepOutcome, StepState } from '../agent.js';
import { createToolMessage } from './answered-call.js';
import { callModel } from './call-model.js';
import type { ShownText } from './collect-answer.js';
import { conclude } from './conclude.js';
import { addUsage, type LlmControl, writeControl } from './control.js';
import { describeCompletion } from './control-tools.js';
import { describeOutput, RESPONSE_ARTIFACT, type StepOutput } from './describe-output.js';
import { failed, finished, wordlessReason } from './end-run.js';
import { describeOpenCall, findOpenCalls } from './open-calls.js';
import { planCall } from './plan-calls.js';
import { needsLedger, prepareCall } from './prepare-call.js';
import { prepareHistory, withoutDecisions } from './prepare-history.js';
import { retrieveContext } from './retrieve-context.js';
import { runPlannedCalls } from './run-planned-calls.js';
import type { StepDependencies } from './step-dependencies.js';

export async function runModelStep(
  state: StepState,
  context: StepContext,
  control: LlmControl,
  dependencies: StepDependencies,
): Promise<StepOutcome> {
  const { name, settings, model, llm, tools, retriever, maxToolBytes, clock, log } = dependencies;
  const { task, history } = state;
  const iteration = control.iteration + 1;
  if (control.iteration >= settings.reasoning.maxIterations) {
    const error = new AppError('AGENT_ITERATION_LIMIT', {
      message: `Reasoning loop safety limit exceeded after ${control.iteration} iterations (agents.${name}.reasoning.max_iterations)`,
    });
    return failed(error, state, { control: task.control, messages: [], events: [] });
  }

  const open = findOpenCalls(history, name);
  const rows = await context.ledger.findInSession(open.map(({ id }) => id));
  throwIfAborted(context.signal);
  const passages = await retrieveContext(settings, withoutDecisions(history), retriever, context.signal);
  const request: ModelRequest = {
    system: [settings.instruction, describeCompletion(tools, settings.reasoning.completionInstruction), formatContextBlock(passages)]
      .filter((text) => text !== '')
      .join('\n\n'),
    messages: withSomethingToAnswer(
      prepareHistory(history, name, (call) => describeOpenCall(call, rows.get(call.id))),
      clock.now(),
    ),
    tools: tools.map(({ name, description, parameters }) => ({ name, description, parameters })),
  };
  const shown: ShownText = { text: '' };
  const describe = (output: Partial<StepOutput>) =>
    describeOutput({
      text: shown.text,
      contextSources: control.iteration === 0 ? describeSources(passages) : [],
      append: control.wroteOutput,
      ...output,
    });
  // A run that fails keeps what it has shown, and makes no artifact only to close it.
  const close = () => (shown.text === '' && !control.wroteOutput ? [] : describe({ lastChunk: true }));

  const preview = settings.streaming ? (text: string) => context.preview(RESPONSE_ARTIFACT, text) : undefined;
  const answer = await callModel({
    ...{ model, llm, request, shown, preview, usedCallIds: callIdsOf(history), maxToolBytes, clock, signal: context.signal },
  });
  if (answer instanceof AppError) {
    log.error({ err: answer, agent: name, taskId: task.id, model: model.model }, 'the model failed');
    return failed(answer, state, { control: writeControl({ ...control, iteration }), messages: [], events: close() });
  }

  const usage = addUsage(control.usage, answer.usage);
  const message: SessionMessage = { id: newId(clock.now()), role: 'agent', author: name, parts: answer.parts, createdAt: clock.now() };
  const { calls } = answer;
  if (calls.length === 0) {
    const messages = answer.parts.length === 0 ? [] : [message];
    const result = { control: writeControl({ ...control, iteration, wroteOutput: true, usage }), messages };
    const wordless = wordlessReason(answer, settings.llm);
    if (wordless !== undefined) return failed(wordless, state, { ...result, events: close() });
    if (!settings.reasoning.terminationConditions.includes('no_tool_calls')) return { type: 'continue', ...result, events: describe({}) };
    return finished(answer.reason, usage, { ...result, events: describe({ lastChunk: true }) });
  }

  const proceed = (output: Partial<StepOutput>, callMessageId: string | undefined) => {
    const events = describe({ calls, ...output });
    return { events, control: writeControl({ ...control, iteration, wroteOutput: true, usage, callMessageId }) };
  };
  const prepared = calls.map((call) => ({ call, prepared: prepareCall(call, { ...dependencies, taskId: task.id }) }));
  if (prepared.some((entry) => needsLedger(entry.prepared)) || context.checkpoint.afterModel || context.checkpoint.afterTools) {
    return { type: 'continue', durable: true, messages: [message], ...proceed({}, message.id) };
  }
  const planned = prepared.map((entry) => ({ ...entry, plan: planCall({ ...entry, row: undefined, attempts: {} }) }));
  const results = await runPlannedCalls(planned, state, context, dependencies);
  const messages = [message, createToolMessage(results, { id: newId(clock.now()), author: name, at: clock.now() })];
  return conclude(
    { type: 'continue', messages, ...proceed({ results }, undefined) },
    {
      prepared: prepared.map((entry) => entry.prepared),
      control: { ...control, iteration, wroteOutput: true, usage, callMessageId: undefined },
      dependencies,
    },
  );
}

/** A model that has spoken last is asked to go on: some providers take its last words for the beginning of the answer. */
function withSomethingToAnswer(messages: readonly SessionMessage[], now: number): readonly SessionMessage[] {
  if (messages.at(-1)?.role !== 'agent') return messages;
  return [...messages, { id: newId(now), role: 'user', author: 'user', parts: [{ type: 'text', text: GO_ON }], createdAt: now }];
}

function callIdsOf(history: readonly SessionMessage[]): ReadonlySet<string> {
  return new Set(history.flatMap(({ parts }) => parts.filter((part) => part.type === 'tool_call').map(({ id }) => id)));
}

const GO_ON = 'Go on. When nothing is left to do, say so with the tool that ends your work.';
