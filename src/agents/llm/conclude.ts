/**
 * What the calls of an answer mean for the run when all of them have results: on to the model, or the end (AGT-02). A call whose result
 * is not its tool's own was refused, or replaced by code around it (AGT-14): it ends nothing.
 */
import { newId } from '../../base/ids.js';
import type { SessionMessage, ToolResultPart } from '../../tasks/session-message.js';
import type { ChildRun, StepOutcome } from '../agent.js';
import { isAgentTool } from '../as-tool/create-agent-tool.js';
import { describeChild } from '../as-tool/delegate-calls.js';
import { readChildAnswer } from '../child-answer.js';
import { type LlmControl, writeControl } from './control.js';
import { findEndingCall } from './control-tools.js';
import { describeOutput } from './describe-output.js';
import { finished } from './end-run.js';
import type { PreparedCall } from './prepare-call.js';
import type { ToolStepOptions } from './step-dependencies.js';
import { storeResult } from './store-result.js';

export interface ConcludeOptions {
  /** All calls of the answer. */
  readonly prepared: readonly PreparedCall[];
  /** As it is when the run goes on. */
  readonly control: LlmControl;
  /** Of earlier steps, with the results of calls that those have answered. Default: none. */
  readonly history?: readonly SessionMessage[];
  readonly children?: readonly ChildRun[];
  /** Keys of the runs that answered calls, by call id. */
  readonly delegated?: Readonly<Record<string, string>>;
  readonly dependencies: Pick<ToolStepOptions, 'name' | 'settings' | 'clock' | 'llm' | 'maxToolBytes'>;
}

type Going = Extract<StepOutcome, { type: 'continue' }>;

/** @param going the outcome if the run goes on; its last event shows the results. */
export function conclude(going: Going, options: ConcludeOptions): StepOutcome {
  const { prepared, control, history = [], dependencies } = options;
  const { terminationConditions = [] } = dependencies.settings?.reasoning ?? {};
  const results = resultsOf([...history, ...going.messages]);
  const limits = { maxToolOutputLength: dependencies.llm.maxToolOutputLength, maxToolBytes: dependencies.maxToolBytes };
  const actions = findEndingCall(prepared, terminationConditions, (id, { name, says }) => {
    const own = storeResult({ content: says }, { ...limits, tool: name, maxBytes: limits.maxToolBytes });
    return isOwn(results.get(id), own);
  })?.actions;
  const { type: _, durable: __, staysHere: ___, ...result } = going;
  if (actions !== undefined) {
    const ended = finished('stop', control.usage, { ...result, events: closed(going.events, control) });
    return ended.type === 'finished' && Object.keys(actions).length > 0 ? { ...ended, actions } : ended;
  }
  if (!terminationConditions.includes('skip_summarization')) return going;
  const text = findOnlyAnswer(options, results);
  if (text === undefined) return going;
  const { name, clock } = dependencies;
  const message = { id: newId(clock.now()), role: 'agent', author: name, parts: [{ type: 'text', text }], createdAt: clock.now() } as const;
  const said = { ...result, messages: [...result.messages, message], control: writeControl({ ...control, wroteOutput: true }) };
  return finished('stop', control.usage, {
    ...said,
    events: [...going.events, ...describeOutput({ text, append: true, lastChunk: true })],
  });
}

/** What the agents said whose tools skip the summary; `undefined`: the model has something to read. */
function findOnlyAnswer(
  { prepared, children = [], delegated = {}, dependencies }: ConcludeOptions,
  results: ReadonlyMap<string, ToolResultPart>,
): string | undefined {
  const limits = { maxToolOutputLength: dependencies.llm.maxToolOutputLength, maxToolBytes: dependencies.maxToolBytes };
  const texts: string[] = [];
  for (const call of prepared) {
    if (call.type !== 'ready' || !isAgentTool(call.tool) || !call.tool.skipSummarization) return undefined;
    const child = children.find(({ key }) => key === delegated[call.id]);
    if (child === undefined || !isOwn(results.get(call.id), describeChild(child, call.tool, limits))) return undefined;
    const answer = readChildAnswer(child);
    if (!answer.isCompleted) return undefined;
    texts.push(answer.text);
  }
  return texts.length === 0 ? undefined : texts.join('\n\n');
}

function resultsOf(messages: readonly SessionMessage[]): ReadonlyMap<string, ToolResultPart> {
  const parts = messages.flatMap((message) => message.parts.filter((part) => part.type === 'tool_result'));
  return new Map(parts.map((part) => [part.callId, part]));
}

function isOwn(found: ToolResultPart | undefined, own: Pick<ToolResultPart, 'content' | 'isError'>): boolean {
  return found?.content === own.content && found.isError === own.isError;
}

/** The artifact is complete with what it shows last. */
function closed(events: Going['events'], { wroteOutput }: LlmControl): Going['events'] {
  const last = events.at(-1);
  if (last?.type !== 'artifact.updated') return [...events, ...describeOutput({ append: wroteOutput, lastChunk: true })];
  return [...events.slice(0, -1), { ...last, lastChunk: true }];
}
