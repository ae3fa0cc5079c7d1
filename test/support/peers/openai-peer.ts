/**
 * OpenAI's two wire protocols. Like the service, it refuses a missing stream flag, tool calls without results,
 * results without calls, ids that are too long, reasoning items with nothing after them, `temperature` to a reasoning
 * model, a strict schema with open objects.
 */
import { isJsonObject, type JsonValue } from '../../../src/base/json.js';
import { encodeSse, type PeerOptions, type PeerProtocol, type ProviderPeer, startProviderPeer } from './provider-peer.js';

export type { PeerRequest } from './provider-peer.js';

export function startOpenAiPeer(t: { teardown(run: () => unknown): void }, options: PeerOptions = {}): Promise<ProviderPeer> {
  return startProviderPeer(t, PROTOCOL, options);
}

const PROTOCOL: PeerProtocol = {
  name: 'OpenAI',
  prefix: '/v1',
  contentType: 'text/event-stream; charset=utf-8',
  findComplaint,
  errorBody: (message) => ({ error: { message, type: 'invalid_request_error', code: null, param: null } }),
  encode: encodeSse,
};

function findComplaint(path: string, body: Readonly<Record<string, unknown>>): string | undefined {
  if (body['stream'] !== true) return 'this peer streams only';
  if (/^(o[134]|gpt-5)/.test(String(body['model'])) && body['temperature'] !== undefined) {
    return "Unsupported parameter: 'temperature' is not supported with this model.";
  }
  if (path === '/v1/chat/completions') {
    const format = body['response_format'] as { readonly json_schema?: Format } | undefined;
    return findFormatComplaint(format?.json_schema) ?? findChatComplaint(body['messages'] as readonly ChatMessage[]);
  }
  if (path === '/v1/responses') {
    const text = body['text'] as { readonly format?: Format } | undefined;
    return findFormatComplaint(text?.format) ?? findInputComplaint(body['input'] as readonly InputItem[]);
  }
  return `Invalid URL (POST ${path})`;
}

interface Format {
  readonly name?: string;
  readonly strict?: boolean;
  readonly schema?: JsonValue;
}

function findFormatComplaint(format: Format | undefined): string | undefined {
  if (format === undefined) return undefined;
  if (!/^[\w-]{1,64}$/.test(format.name ?? '')) return `Invalid 'response_format.json_schema.name': '${format.name}'`;
  return format.strict === true ? findOpenObject(format.schema) : undefined;
}

function findOpenObject(schema: JsonValue | undefined): string | undefined {
  if (Array.isArray(schema)) return schema.map(findOpenObject).find((complaint) => complaint !== undefined);
  if (!isJsonObject(schema)) return undefined;
  if (schema['type'] === 'object') {
    if (schema['additionalProperties'] !== false)
      return "Invalid schema: 'additionalProperties' is required to be supplied and to be false.";
    const required = schema['required'] as readonly string[] | undefined;
    const missing = Object.keys(schema['properties'] ?? {}).find((name) => !required?.includes(name));
    if (missing !== undefined)
      return `Invalid schema: 'required' is required to be an array including every key in properties. Missing '${missing}'.`;
  }
  return Object.values(schema)
    .map(findOpenObject)
    .find((complaint) => complaint !== undefined);
}

interface ChatMessage {
  readonly role: string;
  readonly content?: unknown;
  readonly tool_call_id?: string;
  readonly tool_calls?: readonly { readonly id: string; readonly function: { readonly arguments: unknown } }[];
}

function findChatComplaint(messages: readonly ChatMessage[]): string | undefined {
  let open: string[] = [];
  for (const [index, message] of messages.entries()) {
    if (message.role === 'tool') {
      if (typeof message.content !== 'string' || message.content === '')
        return `Invalid value for 'content' of messages[${index}]: expected a string.`;
      if (!open.includes(message.tool_call_id ?? ''))
        return "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.";
      open = open.filter((id) => id !== message.tool_call_id);
      continue;
    }
    if (open.length > 0) break;
    if (message.role === 'user' && (message.content === null || message.content === undefined)) return `messages[${index}] has no content`;
    if (message.role === 'assistant' && message.content === null && message.tool_calls === undefined)
      return "Invalid value for 'content': expected a string, got null.";
    for (const { id, function: called } of message.tool_calls ?? []) {
      if (id === '' || id.length > 40)
        return `Invalid 'messages[${index}].tool_calls[0].id': string too long. Expected a string with maximum length 40.`;
      if (typeof called.arguments !== 'string') return `Invalid type for 'messages[${index}].tool_calls[0].function.arguments'`;
    }
    open = (message.tool_calls ?? []).map(({ id }) => id);
  }
  return open.length === 0
    ? undefined
    : `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id': ${open.join(', ')}`;
}

interface InputItem {
  readonly type?: string;
  readonly role?: string;
  readonly id?: string;
  readonly call_id?: string;
  readonly content?: unknown;
  readonly output?: unknown;
}

function findInputComplaint(input: readonly InputItem[]): string | undefined {
  const calls = input.filter(({ type }) => type === 'function_call').map(({ call_id }) => call_id);
  const outputs = input.filter(({ type }) => type === 'function_call_output').map(({ call_id }) => call_id);
  const long = calls.find((id) => id === undefined || id === '' || id.length > 64);
  if (long !== undefined) return `Invalid 'input[1].call_id': string too long. Expected a string with maximum length 64.`;
  const missing = calls.find((id) => !outputs.includes(id));
  if (missing !== undefined) return `No tool output found for function call ${missing}.`;
  const stray = outputs.find((id) => !calls.includes(id));
  if (stray !== undefined) return `No tool call found for function call output with call_id ${stray}.`;
  const shapeless = input.find(({ type, role, content }) => type === undefined && (role === undefined || content === undefined));
  if (shapeless !== undefined) return `Invalid input item: ${JSON.stringify(shapeless)}`;
  const alone = input.find(
    ({ type }, index) =>
      type === 'reasoning' &&
      !['reasoning', 'function_call', 'message', undefined].includes(
        input[index + 1]?.type ?? (index + 1 < input.length ? undefined : 'none'),
      ),
  );
  return alone === undefined ? undefined : `Item '${alone.id}' of type 'reasoning' was provided without its required following item.`;
}
