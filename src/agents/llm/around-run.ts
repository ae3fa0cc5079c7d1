/** What stands around a run of an LLM agent: code before it begins and when it ends (AGT-14), and where its answer is kept (AGT-15). */
import { newId } from '../../base/ids.js';
import type { JsonValue } from '../../base/json.js';
import type { Part } from '../../protocol/a2a.js';
import type { SessionMessage } from '../../tasks/session-message.js';
import type { TaskEventBody } from '../../tasks/task-event.js';
import type { StepContext, StepOutcome, StepState } from '../agent.js';
import { checkOutput } from './check-output.js';
import { type LlmControl, writeControl } from './control.js';
import { describeInvocation } from './describe-invocation.js';
import { describeOutput, RESPONSE_ARTIFACT } from './describe-output.js';
import { finished } from './end-run.js';
import { findLastWords, ownRun } from './own-run.js';
import { runCallback } from './run-callback.js';
import type { StepDependencies } from './step-dependencies.js';

type AroundRun = Pick<StepDependencies, 'name' | 'settings' | 'customization' | 'clock' | 'checkArguments'>;

/** The end of a run that code answers in place of the agent; `undefined`: it begins. */
export async function answerBefore(
  state: StepState,
  context: StepContext,
  control: LlmControl,
  { name, customization, clock }: AroundRun,
): Promise<StepOutcome | undefined> {
  const beforeAgent = customization?.beforeAgent;
  if (beforeAgent === undefined || control.iteration > 0 || control.callMessageId !== undefined) return undefined;
  const message = state.history.findLast(({ role }) => role === 'user');
  const invocation = describeInvocation(state, context, name);
  const text = await runCallback({ agent: name, name: 'beforeAgent', signal: context.signal }, () => beforeAgent(invocation, message));
  if (text === undefined) return undefined;
  return finished('stop', control.usage, {
    control: writeControl({ ...control, wroteOutput: true }),
    messages: [createAnswer(text, name, clock.now())],
    events: describeOutput({ text, append: control.wroteOutput, lastChunk: true }),
  });
}

/** A run that ended well, with the answer that counts. */
export async function answerAfter(
  outcome: StepOutcome,
  state: StepState,
  context: StepContext,
  { name, customization, clock }: AroundRun,
): Promise<StepOutcome> {
  const afterAgent = customization?.afterAgent;
  if (outcome.type !== 'finished' || afterAgent === undefined) return outcome;
  const answer = findAnswer(outcome, state, name);
  const invocation = describeInvocation(state, context, name);
  const text = await runCallback({ agent: name, name: 'afterAgent', signal: context.signal }, () => afterAgent(invocation, answer ?? ''));
  return text === undefined || text === answer ? outcome : replaceAnswer(outcome, text, name, clock.now());
}

/** `output_key`: what was answered becomes a value of the session's state. */
export function keepAnswer(outcome: StepOutcome, state: StepState, { name, settings, checkArguments }: AroundRun): StepOutcome {
  const { outputKey, structuredOutput } = settings;
  if (outcome.type !== 'finished' || outputKey === undefined) return outcome;
  const text = findAnswer(outcome, state, name);
  if (text === undefined) return outcome;
  if (structuredOutput === undefined) return { ...outcome, sessionState: { ...outcome.sessionState, [outputKey]: text } };
  // An answer that an earlier step has committed is in the session alone.
  const checked = checkOutput(text, structuredOutput, checkArguments);
  const value = findValue(outcome.events) ?? (checked.type === 'valid' ? checked.value : text);
  return { ...outcome, sessionState: { ...outcome.sessionState, [outputKey]: value } };
}

/** Its last words in this run, also those before somebody decided about a call. */
function findAnswer({ messages }: Pick<StepOutcome, 'messages'>, { history, task }: StepState, agent: string): string | undefined {
  return findLastWords([...ownRun(history, task.createdAt), ...messages], agent);
}

function findValue(events: readonly TaskEventBody[]): JsonValue | undefined {
  return events
    .flatMap((event) => (event.type === 'artifact.updated' && event.artifact.artifactId === RESPONSE_ARTIFACT ? event.artifact.parts : []))
    .find(({ data, mediaType }) => data !== undefined && mediaType === 'application/json')?.data;
}

/** What an earlier step has committed stays said. */
function replaceAnswer(outcome: Extract<StepOutcome, { type: 'finished' }>, text: string, agent: string, now: number): StepOutcome {
  const index = outcome.messages.findLastIndex(({ role, parts }) => role === 'agent' && parts.some(({ type }) => type === 'text'));
  const said = outcome.messages[index];
  if (said === undefined) {
    return {
      ...outcome,
      messages: [...outcome.messages, createAnswer(text, agent, now)],
      events: [...outcome.events, ...describeOutput({ text, append: true, lastChunk: true })],
    };
  }
  const isAnswer = ({ text: own, mediaType }: Part) => own !== undefined || mediaType === 'application/json';
  return {
    ...outcome,
    messages: outcome.messages.with(index, {
      ...said,
      parts: [{ type: 'text', text }, ...said.parts.filter(({ type }) => type !== 'text')],
    }),
    events: outcome.events.map((event) => {
      if (event.type !== 'artifact.updated' || event.artifact.artifactId !== RESPONSE_ARTIFACT) return event;
      return { ...event, artifact: { ...event.artifact, parts: [{ text }, ...event.artifact.parts.filter((part) => !isAnswer(part))] } };
    }),
  };
}

function createAnswer(text: string, author: string, createdAt: number): SessionMessage {
  return { id: newId(createdAt), role: 'agent', author, parts: [{ type: 'text', text }], createdAt };
}
