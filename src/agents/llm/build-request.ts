/** What one model call is sent (AGT-04): a pipeline of stages, each of which code may replace, leave out or follow by its own. */

import { throwIfAborted } from '../../base/abort.js';
import { newId } from '../../base/ids.js';
import type { SearchHit } from '../../knowledge/search/retriever.js';
import { formatContextBlock } from '../../providers/llms/context-block.js';
import type { ModelRequest } from '../../providers/llms/contract.js';
import { describeOutput } from '../../providers/llms/output-words.js';
import type { SessionMessage } from '../../tasks/session-message.js';
import type { StateDelta } from '../../tasks/session-state.js';
import type { StepContext, StepState } from '../agent.js';
import type { RunUsage } from '../usage.js';
import { composeInstructions, createArtifactFinder, listInstructions } from './compose-instructions.js';
import type { LlmControl } from './control.js';
import { describeCompletion } from './control-tools.js';
import type { InvocationContext, Stage } from './customization.js';
import { fitContext } from './fit-context.js';
import { describeMissingTools } from './list-tools.js';
import { describeOpenCall, findOpenCalls } from './open-calls.js';
import { ownRun } from './own-run.js';
import { prepareHistory, withoutDecisions } from './prepare-history.js';
import { retrieveContext } from './retrieve-context.js';
import { runCallback } from './run-callback.js';
import type { StepDependencies } from './step-dependencies.js';
import { createSummarize } from './summarize.js';

/** The request, and what making it brought about. */
export interface BuiltRequest {
  readonly request: ModelRequest;
  readonly passages: readonly SearchHit[];
  readonly sessionState?: StateDelta | undefined;
  /** Of the summariser. */
  readonly usage?: RunUsage | undefined;
  readonly summaryFailed?: true | undefined;
}

interface RequestSources {
  readonly state: StepState;
  readonly context: StepContext;
  readonly control: LlmControl;
  readonly dependencies: StepDependencies;
}

export async function buildRequest(sources: RequestSources, invocation: InvocationContext): Promise<BuiltRequest> {
  const { signal } = sources.context;
  const found: { -readonly [Key in keyof BuiltRequest]?: BuiltRequest[Key] } = {};
  const stages = createStages(sources, found);
  const { requestPipeline } = sources.dependencies.customization ?? {};
  const about = { agent: invocation.agent, signal };
  let request: ModelRequest = { system: '', messages: [], tools: [] };
  if (requestPipeline === undefined) for (const stage of stages) request = await stage.run(request, invocation);
  else
    for (const stage of await runCallback({ ...about, name: 'requestPipeline' }, () => requestPipeline(stages)))
      request = await runCallback({ ...about, name: `the stage '${stage.name}'` }, () => stage.run(request, invocation));
  throwIfAborted(signal);
  return { passages: [], ...found, request };
}

type Found = { -readonly [Key in keyof BuiltRequest]?: BuiltRequest[Key] };

function createStages({ state, context, control, dependencies }: RequestSources, found: Found): readonly Stage<ModelRequest>[] {
  const { name, settings, tools, model, retriever, clock } = dependencies;
  const { history, sessionState = {} } = state;
  return [
    {
      name: 'config',
      run: (request) => (settings.structuredOutput === undefined ? request : { ...request, output: settings.structuredOutput }),
    },
    {
      name: 'instruction',
      async run(request, invocation) {
        const { globalInstructions = [], customization, findSessionArtifact } = dependencies;
        const sources = listInstructions(name, settings, globalInstructions, customization?.instruction);
        const findOwn = createArtifactFinder(() => context.readEvents());
        const findArtifact = async (artifact: string) =>
          (await findOwn(artifact)) ?? (await findSessionArtifact?.(state.task.id, artifact));
        const { output } = request;
        return addSystem(
          request,
          await composeInstructions(sources, invocation, { state: sessionState, findArtifact }),
          describeMissingTools(dependencies.toolsets),
          describeCompletion(tools, settings.reasoning.completionInstruction),
          output === undefined || model.supportsOutputSchema === true ? '' : describeOutput(output),
        );
      },
    },
    {
      name: 'tools',
      run: (request) => ({ ...request, tools: tools.map(({ name, description, parameters }) => ({ name, description, parameters })) }),
    },
    {
      name: 'history',
      async run(request) {
        const messages = await readHistory({ state, context, control, dependencies }, found);
        return { ...request, messages: withSomethingToAnswer(messages, clock.now()) };
      },
    },
    {
      name: 'context',
      async run(request) {
        const passages = await retrieveContext(settings, withoutDecisions(history), retriever, context.signal);
        found.passages = passages;
        return addSystem(request, formatContextBlock(passages));
      },
    },
  ];
}

async function readHistory({ state, context, control, dependencies }: RequestSources, found: Found): Promise<readonly SessionMessage[]> {
  const { name, settings, summarizer, model, getCountTokens } = dependencies;
  const { task, sessionState = {} } = state;
  const history = settings.includeContents === 'none' ? ownRun(state.history, task.createdAt) : state.history;
  const open = findOpenCalls(history, name);
  const rows = await context.ledger.findInSession(open.map(({ id }) => id));
  throwIfAborted(context.signal);
  const prepared = prepareHistory(history, name, (call) => describeOpenCall(call, rows.get(call.id)));
  if (settings.context.strategy === 'none') return prepared;
  const by = summarizer ?? { llm: settings.llm, model };
  const { budget, target } = settings.context;
  const summarize = createSummarize({
    ...by,
    maxTokens: Math.max(64, Math.floor(budget * target * SUMMARY_SHARE)),
    signal: context.signal,
    dependencies,
  });
  const fitted = await fitContext(prepared, {
    ...{ agent: name, settings: settings.context, sessionState, getCountTokens },
    summarize: control.summaryFailed ? undefined : summarize,
  });
  const { messages, ...rest } = fitted;
  Object.assign(found, rest);
  return messages;
}

function addSystem(request: ModelRequest, ...texts: readonly string[]): ModelRequest {
  return { ...request, system: [request.system, ...texts].filter((text) => text !== '').join('\n\n') };
}

/** A model that has spoken last is asked to go on: some providers take its last words for the beginning of the answer. */
function withSomethingToAnswer(messages: readonly SessionMessage[], now: number): readonly SessionMessage[] {
  if (messages.at(-1)?.role !== 'agent') return messages;
  return [...messages, { id: newId(now), role: 'user', author: 'user', parts: [{ type: 'text', text: GO_ON }], createdAt: now }];
}

const GO_ON = 'Go on. When nothing is left to do, say so with the tool that ends your work.';
/** Of what is left of the budget after summing up (AGT-54: the recent messages have the rest). */
const SUMMARY_SHARE = 0.2;
