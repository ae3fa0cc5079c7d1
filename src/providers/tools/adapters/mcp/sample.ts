/**
 * Texts that a server has written by our model (sampling), at our cost: only where the configuration says so, and within its limits.
 *
 * Owns: how many there were in the last minute. The server sees the text that it asked for and nothing of any conversation.
 */
import type { CreateMessageRequestParams, CreateMessageResult } from '@modelcontextprotocol/sdk/types.js';
import type { Clock } from '../../../../base/clock.js';
import { describeError } from '../../../../base/errors.js';
import { newId } from '../../../../base/ids.js';
import type { McpToolSettings } from '../../../../config/settings.js';
import type { Logger } from '../../../../observe/log.js';
import type { SessionMessage, SessionPart } from '../../../../tasks/session-message.js';
import type { LanguageModel, ModelRequest } from '../../../llms/contract.js';
import type { McpSdk } from './load-sdk.js';

/** @throws McpError that says what is refused, or that the model did not answer. */
export type Sample = (params: CreateMessageRequestParams, sdk: McpSdk, signal: AbortSignal) => Promise<CreateMessageResult>;

export interface CreateSampleOptions {
  /** Key in `tools`. */
  readonly name: string;
  readonly settings: Pick<McpToolSettings, 'sampling'>;
  readonly samplingModel?: LanguageModel | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** `undefined`: the server may not ask. */
export function createSample({ name, settings, samplingModel: model, clock, log }: CreateSampleOptions): Sample | undefined {
  const { sampling } = settings;
  if (sampling === undefined || model === undefined) return undefined;
  const recent: number[] = [];
  return async (params, { McpError, ErrorCode }, signal) => {
    const now = clock.monotonic();
    while (recent.length > 0 && now - (recent[0] as number) >= MINUTE_MS) recent.shift();
    if (recent.length >= sampling.perMinute) {
      log.warn(
        { server: name, perMinute: sampling.perMinute },
        'an MCP server wants more texts than tools.<name>.sampling_per_minute allows',
      );
      throw new McpError(ErrorCode.InvalidRequest, `this client writes at most ${sampling.perMinute} texts in a minute`);
    }
    const request = toModelRequest(params, sampling.maxTokens, clock.now());
    if (typeof request === 'string') throw new McpError(ErrorCode.InvalidParams, request);
    recent.push(now);
    let text = '';
    let isCut = false;
    try {
      for await (const event of model.generate(request, signal)) {
        if (event.type === 'text') text += event.text;
        if (event.type === 'finish') {
          isCut = event.reason === 'length';
          const { inputTokens = 0, outputTokens = 0 } = event.usage ?? {};
          log.info({ server: name, llm: sampling.llm, inputTokens, outputTokens }, 'a text was written for an MCP server');
        }
      }
    } catch (error) {
      // What went wrong between us and the provider is not the server's to know.
      log.warn({ server: name, llm: sampling.llm, reason: describeError(error) }, 'the model did not write for an MCP server');
      throw new McpError(ErrorCode.InternalError, 'the model did not answer');
    }
    return { role: 'assistant', content: { type: 'text', text }, model: model.model, stopReason: isCut ? 'maxTokens' : 'endTurn' };
  };
}

/** Or why it cannot be had. */
function toModelRequest(params: CreateMessageRequestParams, maxTokens: number, now: number): ModelRequest | string {
  const { messages, systemPrompt = '', temperature } = params;
  if (params.tools !== undefined && params.tools.length > 0) return 'tools in sampling are not supported by this client';
  if (messages.length === 0 || messages.length > MAX_MESSAGES) return `wanted 1 to ${MAX_MESSAGES} messages`;
  const read: SessionMessage[] = [];
  for (const { role, content } of messages) {
    const parts: SessionPart[] = [];
    for (const block of Array.isArray(content) ? content : [content]) {
      if (block.type === 'text') parts.push({ type: 'text', text: block.text });
      else if (block.type === 'image') parts.push({ type: 'file', raw: block.data, mediaType: block.mimeType });
      else return `content of type '${block.type}' is not supported by this client`;
    }
    const isUser = role === 'user';
    read.push({ id: newId(now), role: isUser ? 'user' : 'agent', author: isUser ? 'user' : 'server', parts, createdAt: now });
  }
  return {
    system: systemPrompt,
    messages: read,
    tools: [],
    maxTokens: Math.min(params.maxTokens, maxTokens),
    ...(temperature === undefined ? {} : { temperature }),
  };
}

const MINUTE_MS = 60_000;
const MAX_MESSAGES = 200;
