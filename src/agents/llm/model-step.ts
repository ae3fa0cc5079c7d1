/** The step that calls the model; calls that change nothing and wait for nobody run in it too. */
import { toAppError } from '../../base/errors.js';
import { newId } from '../../base/ids.js';
import { sha256Hex } from '../../base/json.js';
import { describeSources } from '../../providers/tools/sources.js';
import type { SessionMessage } from '../../tasks/session-message.js';
import { withDelta } from '../../tasks/session-state.js';
import type { TaskRecord } from '../../tasks/task-store.js';
import type { StepContext, StepOutcome, StepState } from '../agent.js';
import { addUsage, type RunUsage } from '../usage.js';
import { createToolMessage, mergeStateChanges } from './answered-call.js';
import { type AskedAnswer, askModel } from './ask-model.js';
import { buildRequest } from './build-request.js';
import { findExceededLimit } from './check-limits.js';
import type { ShownText } from './collect-answer.js';
import { conclude } from './conclude.js';
import { type LlmControl, writeControl } from './control.js';
import { mayReplaceAnswers } from './customization.js';
import { describeInvocation } from './describe-invocation.js';
import { describeOutput, RESPONSE_ARTIFACT, type StepOutput } from './describe-output.js';
import { describeThinking, thinkingArtifactId } from './describe-thinking.js';
import { failed, finished, wordlessReason } from './end-run.js';
import { findLastWords, ownRun } from './own-run.js';
import { planCall } from './plan-calls.js';
import { needsLedger, prepareCall } from './prepare-call.js';
import { runPlannedCalls } from './run-planned-calls.js';
import type { StepDependencies } from './step-dependencies.js';

export async function runModelStep(
  state: StepState,
  context: StepContext,
  before: LlmControl,
  dependencies: StepDependencies,
): Promise<StepOutcome> {
  const { name, settings, model, clock, log, customization = {} } = dependencies;
  const { task, history } = state;
  const exceeded = findExceededLimit(before, dependencies);
  if (exceeded !== undefined) return failed(exceeded, state, { control: task.control, messages: [], events: [] }, before.usage);

  const invocation = describeInvocation(state, context, name);
  const { request, passages, ...built } = await buildRequest({ state, context, control: before, dependencies }, invocation);
  const { summaryFailed = before.summaryFailed } = built;
  const control: LlmControl = {
    ...before,
    usage: addUsage(before.usage, built.usage),
    ...(summaryFailed === undefined ? {} : { summaryFailed }),
  };
  const stateOf = (later?: StepOutcome['sessionState']) => {
    const sessionState = { ...built.sessionState, ...later };
    return Object.keys(sessionState).length === 0 ? {} : { sessionState };
  };

  const shown: ShownText = { text: '' };
  // What may still become another answer is not shown before it is the one that counts.
  const isShown = settings.streaming && settings.structuredOutput === undefined && !mayReplaceAnswers(customization);
  const thinkingId = thinkingArtifactId(control.iteration + 1);
  const describe = (output: Partial<StepOutput>) =>
    describeOutput({
      text: shown.text,
      contextSources: control.iteration === 0 ? describeSources(passages) : [],
      append: control.wroteOutput,
      ...output,
    });
  // A run that fails keeps what it has shown, and makes no artifact only to close it.
  const close = () => {
    const text = isShown ? shown.text : '';
    return text === '' && !control.wroteOutput ? [] : describe({ text, lastChunk: true });
  };

  const asked = await askModel(request, {
    preview: isShown ? (text) => context.preview(RESPONSE_ARTIFACT, text) : undefined,
    previewThinking: isShown && settings.reasoning.showThinking ? (text) => context.preview(thinkingId, text) : undefined,
    ...{ shown, usedCallIds: callIdsOf(history), callIdSuffix: suffixOf(task), signal: context.signal, invocation, dependencies },
    said: findLastWords(ownRun(history, task.createdAt), name),
  });
  const usage = addUsage(control.usage, asked.usage);
  if ('failure' in asked) {
    const { failure, calls } = asked;
    log.error({ err: failure, agent: name, taskId: task.id, model: model.model }, 'the model failed');
    const tried = writeControl({ ...control, iteration: control.iteration + calls, usage });
    return failed(failure, state, { control: tried, messages: [], events: close(), ...stateOf() }, usage);
  }

  try {
    return await goOn(asked, usage);
  } catch (error) {
    const failure = toAppError(error);
    if (context.signal.aborted || failure.disposition === 'retry') throw error;
    // The model has been paid for, whatever its answer led to.
    log.error({ err: failure, agent: name, taskId: task.id }, 'a step failed behind its model call');
    const tried = writeControl({ ...control, iteration: control.iteration + asked.calls, usage });
    return failed(failure, state, { control: tried, messages: [], events: close(), ...stateOf() }, usage);
  }

  async function goOn(asked: AskedAnswer, usage: RunUsage): Promise<StepOutcome> {
    const { answer, value } = asked;
    const next: LlmControl = { ...control, iteration: control.iteration + asked.calls, wroteOutput: true, usage, callMessageId: undefined };
    const message: SessionMessage = { id: newId(clock.now()), role: 'agent', author: name, parts: answer.parts, createdAt: clock.now() };
    const { calls, text } = answer;
    const thinking = settings.reasoning.showThinking ? describeThinking(answer.parts, control.iteration + 1) : undefined;
    if (calls.length === 0) {
      const messages = answer.parts.length === 0 ? [] : [message];
      const result = { control: writeControl(next), messages, ...stateOf() };
      const wordless = wordlessReason(answer, settings.llm);
      if (wordless !== undefined) return failed(wordless, state, { ...result, events: close() }, usage);
      const shownAnswer = { text, value, thinking };
      if (!settings.reasoning.terminationConditions.includes('no_tool_calls'))
        return { type: 'continue', ...result, events: describe(shownAnswer) };
      return finished(answer.reason, usage, { ...result, events: describe({ ...shownAnswer, lastChunk: true }) });
    }

    const proceed = (output: Partial<StepOutput>, callMessageId: string | undefined) => {
      const events = describe({ text, value, thinking, calls, ...output });
      return { events, control: writeControl({ ...next, callMessageId }) };
    };
    const prepared = calls.map((call) => ({ call, prepared: prepareCall(call, { ...dependencies, taskId: task.id, owner: task.owner }) }));
    if (prepared.some((entry) => needsLedger(entry.prepared)) || context.checkpoint.afterModel || context.checkpoint.afterTools) {
      return { type: 'continue', durable: true, messages: [message], ...stateOf(), ...proceed({}, message.id) };
    }
    const planned = prepared.map((entry) => ({ ...entry, plan: planCall({ ...entry, row: undefined, attempts: {} }) }));
    const seen: StepState = { ...state, sessionState: withDelta(state.sessionState ?? {}, built.sessionState) };
    const results = await runPlannedCalls(planned, seen, context, dependencies);
    const messages = [message, createToolMessage(results, { id: newId(clock.now()), author: name, at: clock.now() })];
    return conclude(
      { type: 'continue', messages, ...stateOf(mergeStateChanges(results).sessionState), ...proceed({ results }, undefined) },
      { prepared: prepared.map((entry) => entry.prepared), control: next, dependencies },
    );
  }
}

function callIdsOf(history: readonly SessionMessage[]): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const { parts } of history) for (const part of parts) if (part.type === 'tool_call') ids.add(part.id);
  return ids;
}

function suffixOf({ id, child }: TaskRecord): string | undefined {
  return child === undefined ? undefined : `-${sha256Hex(id).slice(0, 8)}`;
}
