/** The model call of a step, with its span (OBS-31, OBS-32). */
import { abortError } from '../../base/abort.js';
import type { Clock } from '../../base/clock.js';
import { AppError } from '../../base/errors.js';
import { newId } from '../../base/ids.js';
import type { LlmSettings } from '../../config/settings.js';
import { capturePayload, withSpan } from '../../observe/trace.js';
import type { LanguageModel, ModelRequest } from '../../providers/llms/contract.js';
import { type Answer, collectAnswer, type ShownText } from './collect-answer.js';

export interface CallModelOptions {
  readonly model: LanguageModel;
  readonly llm: Pick<LlmSettings, 'temperature' | 'maxTokens'> & Partial<Pick<LlmSettings, 'ollama'>>;
  readonly request: ModelRequest;
  readonly shown: ShownText;
  readonly preview: ((text: string) => void) | undefined;
  /** Default: no previews of what is thought. */
  readonly previewThinking?: ((text: string) => void) | undefined;
  /** Ids of the session's earlier calls: some servers count from 0 in every answer. */
  readonly usedCallIds: ReadonlySet<string>;
  /** Ends the ids of a run below another one: its siblings may be given the same ones, and people decide by id. Default: nothing. */
  readonly callIdSuffix?: string | undefined;
  /** `server.limits.max_tool_bytes` */
  readonly maxToolBytes: number;
  /** `server.limits.max_event_bytes` */
  readonly maxEventBytes?: number | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * The answer, or the `LLM_*` failure that remains after the adapter's own retries: trying the step again would only
 * repeat what was tried. @throws when the step is aborted, and for defects.
 */
export async function callModel(options: CallModelOptions): Promise<Answer | AppError> {
  try {
    return await withSpan('hector.llm.call', requestAttributes(options), async (span) => {
      const { system, messages } = options.request;
      capturePayload(span, 'hector.llm.request', () => ({ system, messages }));
      const chooseCallId = createCallIds(options);
      const { shown, preview, previewThinking, maxToolBytes, maxEventBytes, signal } = options;
      const events = options.model.generate(options.request, signal);
      const answer = await collectAnswer(events, { shown, preview, previewThinking, chooseCallId, maxToolBytes, maxEventBytes });
      span.setAttributes({
        'gen_ai.response.finish_reason': answer.reason,
        'gen_ai.usage.input_tokens': answer.usage?.inputTokens ?? 0,
        'gen_ai.usage.output_tokens': answer.usage?.outputTokens ?? 0,
        ...thinkingAttributes(answer),
      });
      capturePayload(span, 'hector.llm.response', () => answer.parts);
      return answer;
    });
  } catch (error) {
    if (options.signal.aborted) throw abortError(options.signal);
    if (error instanceof AppError && error.code.startsWith('LLM_')) return error;
    throw error;
  }
}

function requestAttributes({ model, llm, request }: CallModelOptions): Record<string, string | number> {
  const temperature = request.temperature ?? llm.temperature;
  const maxTokens = request.maxTokens ?? llm.maxTokens;
  return {
    'gen_ai.system': model.provider,
    'gen_ai.operation.name': 'chat',
    'gen_ai.request.model': model.model,
    ...(temperature === undefined ? {} : { 'gen_ai.request.temperature': temperature }),
    ...(maxTokens === undefined ? {} : { 'gen_ai.request.max_tokens': maxTokens }),
    ...(llm.ollama?.topP === undefined ? {} : { 'gen_ai.request.top_p': llm.ollama.topP }),
  };
}

function thinkingAttributes({ parts }: Answer): Record<string, number> {
  const thoughts = parts.flatMap((part) => (part.type === 'thinking' ? [part.text.length] : []));
  if (thoughts.length === 0) return {};
  const length = thoughts.reduce((sum, characters) => sum + characters, 0);
  return { 'hector.llm.thinking.blocks': thoughts.length, 'hector.llm.thinking.length': length };
}

/** AGT-06: keeps a provider's id unless it is missing, taken, or so long that it is none. */
export function createCallIds({
  usedCallIds,
  callIdSuffix = '',
  clock,
}: Pick<CallModelOptions, 'usedCallIds' | 'callIdSuffix' | 'clock'>): (id: string) => string {
  const taken = new Set(usedCallIds);
  return (id) => {
    const own = id === '' || id.endsWith(callIdSuffix) ? id : `${id}${callIdSuffix}`;
    const chosen = own === '' || own.length > MAX_CALL_ID || taken.has(own) ? `hector-${newId(clock.now())}` : own;
    taken.add(chosen);
    return chosen;
  };
}

/** Characters. */
const MAX_CALL_ID = 200;
