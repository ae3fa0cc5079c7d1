/** A model request as the Messages API wants it. */
import type { Anthropic } from '@anthropic-ai/sdk';
import { transformJSONSchema } from '@anthropic-ai/sdk/lib/transform-json-schema';
import type { LlmSettings } from '../../../../config/settings.js';
import { answerTool } from '../../answer-tool.js';
import type { ModelRequest, OutputSchema, ToolDefinition } from '../../contract.js';
import { withOutputWords } from '../../output-words.js';
import { toThinkingEffort } from '../../thinking-effort.js';
import { canThinkManually, encodeMessages } from './encode-messages.js';
import { markCachePoints } from './mark-cache-points.js';
import { type ClaudeFamily, readClaudeFamily } from './model-families.js';

export interface EncodedRequest {
  readonly body: Anthropic.MessageCreateParamsStreaming;
  /** Names for `anthropic-beta`. */
  readonly betas: readonly string[];
  readonly usesAnswerTool: boolean;
}

export function encodeMessageRequest(request: ModelRequest, settings: LlmSettings): EncodedRequest {
  const family = readClaudeFamily(settings.model);
  const maxTokens = request.maxTokens ?? settings.maxTokens ?? DEFAULT_MAX_TOKENS;
  const thinking = chooseThinking(request, settings, family, maxTokens);
  const thinks = thinking?.type === 'enabled' || thinking?.type === 'adaptive';
  const keepsThinking = thinks || (thinking === undefined && family.thinksByDefault);
  const format = family.takesOutputFormat ? toFormat(request.output) : undefined;
  // A forced tool and thinking exclude each other.
  const usesAnswerTool = request.output !== undefined && !family.takesOutputFormat && !thinks;
  const inWords = format === undefined && !usesAnswerTool ? request.output : undefined;
  const system = withOutputWords(request.system, inWords);
  const tools = [...request.tools, ...(usesAnswerTool && request.output !== undefined ? [answerTool(request.output)] : [])];
  const temperature = thinks || !family.takesTemperature ? undefined : (request.temperature ?? settings.temperature);
  const effort = thinking?.type === 'adaptive' ? toThinkingEffort(settings.thinking?.budgetTokens ?? 0) : undefined;
  const body: Anthropic.MessageCreateParamsStreaming = {
    model: settings.model,
    max_tokens: maxTokens,
    stream: true,
    ...(system === '' ? {} : { system: [{ type: 'text', text: system }] }),
    messages: encodeMessages(request.messages, keepsThinking),
    ...(tools.length === 0 ? {} : { tools: tools.map(encodeTool) }),
    ...(usesAnswerTool ? { tool_choice: { type: 'any', disable_parallel_tool_use: true } } : {}),
    // Its range ends at 1, where others go to 2.
    ...(temperature === undefined ? {} : { temperature: Math.min(temperature, 1) }),
    ...(thinking === undefined ? {} : { thinking }),
    ...(format === undefined && effort === undefined
      ? {}
      : { output_config: { ...(format === undefined ? {} : { format }), ...(effort === undefined ? {} : { effort }) } }),
  };
  markCachePoints(body);
  return { body, usesAnswerTool, betas: thinking?.type === 'enabled' && tools.length > 0 ? ['interleaved-thinking-2025-05-14'] : [] };
}

/** LLM-20, LLM-21. `undefined` = nothing is said. */
function chooseThinking(
  { messages }: ModelRequest,
  { thinking }: LlmSettings,
  family: ClaudeFamily,
  maxTokens: number,
): Anthropic.ThinkingConfigParam | undefined {
  if (thinking === undefined) return undefined;
  if (!thinking.enabled) return family.thinksByDefault ? { type: 'disabled' } : undefined;
  if (family.thinksAdaptively) return { type: 'adaptive', display: 'summarized' };
  const budget = Math.min(thinking.budgetTokens, maxTokens - 1);
  return budget < MIN_BUDGET || !canThinkManually(messages) ? undefined : { type: 'enabled', budget_tokens: budget };
}

function toFormat(output: OutputSchema | undefined): Anthropic.JSONOutputFormat | undefined {
  if (output === undefined) return undefined;
  try {
    return {
      type: 'json_schema',
      schema: transformJSONSchema(output.schema as Parameters<typeof transformJSONSchema>[0]) as Record<string, unknown>,
    };
  } catch {
    // The SDK knows no form of this schema that the API would take: it is asked for in words.
    return undefined;
  }
}

function encodeTool({ name, description, parameters }: ToolDefinition): Anthropic.Tool {
  return { name, description, input_schema: { ...parameters, type: 'object' } as Anthropic.Tool['input_schema'] };
}

const DEFAULT_MAX_TOKENS = 4096;
const MIN_BUDGET = 1024;
