/** A model request as Gemini's SDK wants it. */
import { FunctionCallingConfigMode, type GenerateContentConfig, type GenerateContentParameters, type ThinkingConfig } from '@google/genai';
import type { LlmSettings } from '../../../../config/settings.js';
import { answerTool } from '../../answer-tool.js';
import type { ModelRequest } from '../../contract.js';
import { encodeContents } from './encode-contents.js';
import { readGeminiFamily } from './model-families.js';

export function encodeContentRequest(request: ModelRequest, settings: LlmSettings): GenerateContentParameters {
  const temperature = request.temperature ?? settings.temperature;
  const maxOutputTokens = request.maxTokens ?? settings.maxTokens;
  const thinkingConfig = chooseThinking(settings);
  return {
    model: settings.model,
    contents: encodeContents(request.messages, settings.model),
    config: {
      ...(request.system === '' ? {} : { systemInstruction: { parts: [{ text: request.system }] } }),
      ...(temperature === undefined ? {} : { temperature }),
      ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
      ...(thinkingConfig === undefined ? {} : { thinkingConfig }),
      ...encodeTools(request, settings),
      automaticFunctionCalling: { disable: true },
      automaticContinuation: false,
    },
  };
}

/** Older models refuse a schema beside tools: there one more tool takes the answer. */
function encodeTools({ tools, output }: ModelRequest, { model }: LlmSettings): Partial<GenerateContentConfig> {
  const isForced = output !== undefined && tools.length > 0 && !readGeminiFamily(model).takesSchemaBesideTools;
  const offered = isForced ? [...tools, answerTool(output)] : tools;
  return {
    ...(offered.length === 0
      ? {}
      : {
          tools: [
            {
              // JSON Schema as it is: `required` and all else stays (W-62).
              functionDeclarations: offered.map(({ name, description, parameters }) => ({
                name,
                description,
                parametersJsonSchema: parameters,
              })),
            },
          ],
        }),
    ...(isForced ? { toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.ANY } } } : {}),
    ...(output === undefined || isForced ? {} : { responseMimeType: 'application/json', responseJsonSchema: output.schema }),
  };
}

/** LLM-30 */
function chooseThinking({ thinking, model }: LlmSettings): ThinkingConfig | undefined {
  if (thinking === undefined) return undefined;
  if (thinking.enabled) return { includeThoughts: true, thinkingBudget: thinking.budgetTokens };
  return readGeminiFamily(model).canStopThinking ? { thinkingBudget: 0 } : undefined;
}
