/** `type: llm`: one model call and the tool calls it asks for per step (AGT-01, ARCHITECTURE §5). */
import { abortError, throwIfAborted } from '../../base/abort.js';
import type { Clock } from '../../base/clock.js';
import { AppError } from '../../base/errors.js';
import { newId } from '../../base/ids.js';
import type { AgentSettings, LlmSettings } from '../../config/settings.js';
import type { Retriever } from '../../knowledge/retriever.js';
import type { Logger } from '../../observe/log.js';
import { withSpan } from '../../observe/trace.js';
import { formatContextBlock } from '../../providers/llms/context-block.js';
import type { LanguageModel, ModelRequest } from '../../providers/llms/contract.js';
import { type CheckArguments, createArgumentsCheck } from '../../providers/tools/arguments.js';
import type { Tool } from '../../providers/tools/contract.js';
import { describeSources } from '../../providers/tools/sources.js';
import type { SessionMessage } from '../../tasks/session-message.js';
import type { Agent, StepContext, StepOutcome, StepState } from '../agent.js';
import { callModel } from './call-model.js';
import type { ShownText } from './collect-answer.js';
import { addUsage, readControl, writeControl } from './control.js';
import { describeOutput, RESPONSE_ARTIFACT } from './describe-output.js';
import { failed, finished, wordlessReason } from './end-run.js';
import { prepareHistory } from './prepare-history.js';
import { retrieveContext } from './retrieve-context.js';
import { runToolCalls } from './run-tool-calls.js';

export interface LlmAgentOptions {
  /** Key in `agents`. */
  readonly name: string;
  readonly settings: AgentSettings;
  /** Built from `llms.<settings.llm>`. */
  readonly model: LanguageModel;
  /** The settings of that model which matter outside of it. */
  readonly llm: Pick<LlmSettings, 'maxToolOutputLength' | 'temperature' | 'maxTokens'>;
  readonly tools: readonly Tool[];
  readonly retriever: Retriever;
  readonly clock: Clock;
  readonly log: Logger;
}

export function createLlmAgent(options: LlmAgentOptions): Agent {
  const checkArguments = createArgumentsCheck();
  return {
    name: options.name,
    runStep(state, context) {
      const attributes = {
        'hector.agent.name': options.name,
        'hector.agent.type': 'llm',
        'hector.task.id': state.task.id,
        'hector.session_id': state.task.contextId,
      };
      return withSpan('hector.agent.run', attributes, async () => {
        throwIfAborted(context.signal);
        try {
          return await runStep(state, context, { ...options, checkArguments });
        } catch (error) {
          // Whatever an abort made fail, the abort is the reason.
          if (context.signal.aborted) throw abortError(context.signal);
          throw error;
        }
      });
    },
  };
}

type StepDependencies = LlmAgentOptions & { readonly checkArguments: CheckArguments };

async function runStep(state: StepState, context: StepContext, dependencies: StepDependencies): Promise<StepOutcome> {
  const { name, settings, model, llm, tools, retriever, clock, log, checkArguments } = dependencies;
  const { task, history } = state;
  const control = readControl(task.control);
  const iteration = control.iteration + 1;
  if (control.iteration >= settings.reasoning.maxIterations) {
    const error = new AppError('AGENT_ITERATION_LIMIT', {
      message: `Reasoning loop safety limit exceeded after ${control.iteration} iterations (agents.${name}.reasoning.max_iterations)`,
    });
    return failed(error, state, { control: task.control, messages: [], events: [] });
  }

  const passages = await retrieveContext(settings, history, retriever, context.signal);
  const request: ModelRequest = {
    system: [settings.instruction, formatContextBlock(passages)].filter((text) => text !== '').join('\n\n'),
    messages: prepareHistory(history, name),
    tools: tools.map(({ name, description, parameters }) => ({ name, description, parameters })),
  };
  const shown: ShownText = { text: '' };
  const describe = (output: Partial<Parameters<typeof describeOutput>[0]>) =>
    describeOutput({
      shown,
      calls: [],
      results: [],
      contextSources: control.iteration === 0 ? describeSources(passages) : [],
      append: control.wroteOutput,
      lastChunk: false,
      ...output,
    });

  // A run that fails keeps what it has shown, and makes no artifact only to close it.
  const close = () => (shown.text === '' && !control.wroteOutput ? [] : describe({ lastChunk: true }));

  const preview = settings.streaming ? (text: string) => context.preview(RESPONSE_ARTIFACT, text) : undefined;
  const answer = await callModel({ model, llm, request, shown, preview, usedCallIds: callIdsOf(history), clock, signal: context.signal });
  if (answer instanceof AppError) {
    log.error({ err: answer, agent: name, taskId: task.id, model: model.model }, 'the model failed');
    return failed(answer, state, { control: writeControl({ ...control, iteration }), messages: [], events: close() });
  }

  const usage = addUsage(control.usage, answer.usage);
  const message: SessionMessage = { id: newId(clock.now()), role: 'agent', author: name, parts: answer.parts, createdAt: clock.now() };
  if (answer.calls.length === 0) {
    const messages = answer.parts.length === 0 ? [] : [message];
    const result = { control: writeControl({ iteration, wroteOutput: true, usage }), messages };
    const wordless = wordlessReason(answer, settings.llm);
    if (wordless !== undefined) return failed(wordless, state, { ...result, events: close() });
    return finished(answer.reason, usage, { ...result, events: describe({ lastChunk: true }) });
  }

  const results = await runToolCalls(answer.calls, {
    tools,
    checkArguments,
    context: { idempotencyKey: '', taskId: task.id, contextId: task.contextId, agent: name, owner: task.owner, signal: context.signal },
    maxToolOutputLength: llm.maxToolOutputLength,
    log,
  });
  const toolMessage: SessionMessage = {
    id: newId(clock.now()),
    role: 'tool',
    author: name,
    parts: results.map(({ part }) => part),
    createdAt: clock.now(),
  };
  const events = describe({ calls: answer.calls, results });
  return {
    type: 'continue',
    control: writeControl({ iteration, wroteOutput: control.wroteOutput || events.length > 0, usage }),
    messages: [message, toolMessage],
    events,
  };
}

function callIdsOf(history: readonly SessionMessage[]): ReadonlySet<string> {
  return new Set(history.flatMap(({ parts }) => parts.filter((part) => part.type === 'tool_call').map(({ id }) => id)));
}
