/** The Messages API: its rules about requests, as its public description states them. */
import type { IncomingHttpHeaders } from 'node:http';
import { encodeSse, type PeerOptions, type PeerProtocol, type ProviderPeer, startProviderPeer } from './provider-peer.js';

export function startAnthropicPeer(t: { teardown(run: () => unknown): void }, options: PeerOptions = {}): Promise<ProviderPeer> {
  return startProviderPeer(t, PROTOCOL, options);
}

const PROTOCOL: PeerProtocol = {
  name: 'Anthropic',
  prefix: '',
  contentType: 'text/event-stream; charset=utf-8',
  findComplaint: (path, body, headers) => findComplaint(path, body as unknown as Body, headers),
  errorBody: (message) => ({
    type: 'error',
    error: { type: 'invalid_request_error', message },
    request_id: 'req_011CSHoEeqs5C35K2UUqR7Fy',
  }),
  encode: encodeSse,
};

interface Body {
  readonly model: string;
  readonly max_tokens?: number;
  readonly temperature?: number;
  readonly thinking?: { readonly type: string; readonly budget_tokens?: number };
  readonly tool_choice?: { readonly type: string };
  readonly system?: readonly Block[];
  readonly tools?: readonly { readonly name: string; readonly input_schema?: { readonly type?: string } }[];
  readonly messages: readonly { readonly role: string; readonly content: readonly Block[] }[];
  readonly output_config?: { readonly format?: unknown; readonly effort?: string };
}

interface Block {
  readonly type: string;
  readonly text?: string;
  readonly id?: string;
  readonly input?: unknown;
  readonly tool_use_id?: string;
  readonly content?: unknown;
  readonly signature?: string;
  readonly cache_control?: unknown;
}

const KEYS = new Set([
  ...['model', 'max_tokens', 'messages', 'system', 'tools', 'tool_choice', 'temperature', 'thinking', 'stream', 'output_config'],
]);

function findComplaint(path: string, body: Body, headers: IncomingHttpHeaders): string | undefined {
  if (path !== '/v1/messages') return `Not found: ${path}`;
  if (headers['anthropic-version'] !== '2023-06-01') return 'anthropic-version: header is required';
  const extra = Object.keys(body).find((key) => !KEYS.has(key));
  if (extra !== undefined) return `${extra}: Extra inputs are not permitted`;
  if (!Number.isInteger(body.max_tokens) || (body.max_tokens ?? 0) < 1) return 'max_tokens: Field required';
  const open = (body.tools ?? []).find(({ name, input_schema }) => input_schema?.type !== 'object' || !/^[a-zA-Z0-9_-]{1,128}$/.test(name));
  if (open !== undefined) return `tools.0.custom.input_schema.type: Field required (${open.name})`;
  return findThinkingComplaint(body) ?? findCacheComplaint(body) ?? findMessageComplaint(body);
}

function findThinkingComplaint({
  model,
  thinking,
  max_tokens: maxTokens = 0,
  temperature,
  tool_choice: choice,
  messages,
  output_config,
}: Body) {
  const isNew = /claude-[a-z]+-(4-[789]|[5-9](-|$))/.test(model);
  if (temperature !== undefined && (temperature < 0 || temperature > 1)) return 'temperature: Input should be less than or equal to 1';
  if (isNew && temperature !== undefined) return '`temperature` is not supported for this model.';
  if (output_config?.format !== undefined && /claude-3|sonnet-4-2025/.test(model))
    return 'output_config.format: not supported for this model';
  if (thinking === undefined || thinking.type === 'disabled') return undefined;
  if (thinking.type === 'adaptive') return /-4-5/.test(model) ? 'adaptive thinking is not supported on this model' : undefined;
  if (isNew) return '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive".';
  const budget = thinking.budget_tokens ?? 0;
  if (budget < 1024) return 'thinking.enabled.budget_tokens: Input should be greater than or equal to 1024';
  if (budget >= maxTokens) return '`max_tokens` must be greater than `thinking.budget_tokens`.';
  if (temperature !== undefined && temperature !== 1) return '`temperature` may only be set to 1 when thinking is enabled.';
  if (choice !== undefined && choice.type !== 'auto') return 'Thinking may not be enabled when tool_choice forces tool use.';
  const last = messages.findLast(({ role }) => role === 'assistant');
  const inLoop = messages.at(-1)?.content.some(({ type }) => type === 'tool_result') === true;
  if (inLoop && !/thinking/.test(last?.content[0]?.type ?? ''))
    return 'messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`.';
  return undefined;
}

function findCacheComplaint({ system = [], tools = [], messages }: Body): string | undefined {
  const marked = [...system, ...(tools as readonly object[] as Block[]), ...messages.flatMap(({ content }) => content)].filter(
    (block) => block.cache_control !== undefined,
  );
  if (marked.length > 4) return `A maximum of 4 blocks with cache_control may be provided. Found ${marked.length}.`;
  return marked.some(({ type }) => /thinking/.test(type ?? '')) ? 'thinking blocks cannot have cache_control' : undefined;
}

function findMessageComplaint({ messages }: Body): string | undefined {
  if (messages.length === 0) return 'messages: at least one message is required';
  if (messages[0]?.role !== 'user') return 'messages: first message must use the "user" role';
  if (messages.at(-1)?.role === 'assistant')
    return 'This model does not support assistant message prefill. The conversation must end with a user message.';
  const seen = new Set<string>();
  let open: string[] = [];
  for (const [index, { role, content }] of messages.entries()) {
    const where = `messages.${index}`;
    if (index > 0 && messages[index - 1]?.role === role) return `${where}: roles must alternate between "user" and "assistant"`;
    if (content.length === 0) return `${where}: all messages must have non-empty content`;
    const results = content.filter(({ type }) => type === 'tool_result').map(({ tool_use_id }) => tool_use_id ?? '');
    const missing = open.find((id) => !results.includes(id));
    if (missing !== undefined)
      return `${where}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`;
    const stray = results.find((id) => !open.includes(id));
    if (stray !== undefined) return `${where}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stray}.`;
    if (results.length > 0 && content.findLastIndex(({ type }) => type === 'tool_result') >= results.length)
      return `${where}: \`tool_result\` blocks must come first`;
    open = [];
    for (const block of content) {
      const complaint = findBlockComplaint(block, role, seen);
      if (complaint !== undefined) return `${where}.content: ${complaint}`;
      if (block.type === 'tool_use') open.push(block.id ?? '');
    }
  }
  return open.length === 0 ? undefined : '`tool_use` ids were found without `tool_result` blocks immediately after';
}

function findBlockComplaint(block: Block, role: string, seen: Set<string>): string | undefined {
  const allowed = role === 'user' ? ['text', 'image', 'document', 'tool_result'] : ['text', 'thinking', 'redacted_thinking', 'tool_use'];
  if (!allowed.includes(block.type)) return `Input tag '${block.type}' is not expected of role ${role}`;
  if (block.type === 'text' && (block.text ?? '').trim() === '') return 'text content blocks must contain non-whitespace text';
  if (block.type === 'thinking' && !block.signature) return 'thinking.signature: Field required';
  if (block.type === 'tool_result' && (block.content === '' || block.content === undefined)) return 'tool_result.content: is empty';
  if (block.type !== 'tool_use') return undefined;
  if (typeof block.input !== 'object' || block.input === null) return 'tool_use.input: Field required';
  if (!/^[a-zA-Z0-9_-]+$/.test(block.id ?? '')) return "tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'";
  if (seen.has(block.id ?? '')) return '`tool_use` ids must be unique';
  seen.add(block.id ?? '');
  return undefined;
}
