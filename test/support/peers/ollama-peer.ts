/** `/api/chat` of Ollama: what its decoder refuses and the lines that it sends. */
import {
  type PeerCall,
  type PeerOptions,
  type PeerProtocol,
  type ProviderPeer,
  type StreamItem,
  startProviderPeer,
} from './provider-peer.js';

export function startOllamaPeer(t: { teardown(run: () => unknown): void }, options: PeerOptions = {}): Promise<ProviderPeer> {
  return startProviderPeer(t, PROTOCOL, options);
}

const PROTOCOL: PeerProtocol = {
  name: 'Ollama',
  prefix: '',
  contentType: 'application/x-ndjson',
  findComplaint: (path, body) => findComplaint(path, body as unknown as Body),
  errorBody: (error) => ({ error }),
  encode: (data, newline) => `${typeof data === 'string' ? data : JSON.stringify(data)}${newline}`,
};

interface Body {
  readonly model?: string;
  readonly think?: unknown;
  readonly format?: unknown;
  readonly messages: readonly {
    readonly role: string;
    readonly content?: unknown;
    readonly images?: readonly string[];
    readonly tool_calls?: readonly { readonly function: { readonly name: string; readonly arguments: unknown } }[];
  }[];
}

function findComplaint(path: string, { model, think, format, messages }: Body): string | undefined {
  if (path !== '/api/chat') return `404 page not found ${path}`;
  if (!model) return 'model is required';
  if (think !== undefined && !['true', 'false', 'low', 'medium', 'high'].includes(String(think))) return 'invalid think value';
  if (format !== undefined && typeof format !== 'object' && format !== 'json') return 'invalid format';
  for (const { role, content, images = [], tool_calls: calls = [] } of messages) {
    if (!['system', 'user', 'assistant', 'tool'].includes(role)) return `invalid role: ${role}`;
    if (typeof content !== 'string') return 'json: cannot unmarshal into Go struct field ChatRequest.messages.content of type string';
    if (images.some((image) => !/^[A-Za-z0-9+/]+=*$/.test(image))) return 'illegal base64 data at input byte 0';
    if (calls.some((call) => typeof call.function.arguments !== 'object'))
      return 'json: cannot unmarshal string into Go struct field .arguments of type api.ToolCallFunctionArguments';
  }
  return undefined;
}

const line = (message: object, extra: object = { done: false }): StreamItem => ({
  data: { model: 'qwen3', created_at: '2026-03-09T12:00:00.000000Z', message: { role: 'assistant', content: '', ...message }, ...extra },
});

export function ollamaText(pieces: readonly string[]): readonly StreamItem[] {
  return pieces.map((content) => line({ content }));
}

export function ollamaThinking(pieces: readonly string[]): readonly StreamItem[] {
  return pieces.map((thinking) => line({ thinking }));
}

export function ollamaCalls(calls: readonly PeerCall[]): readonly StreamItem[] {
  return calls.map(({ name, pieces }, index) =>
    line({ tool_calls: [{ id: `call_${index}`, function: { index, name, arguments: JSON.parse(pieces.join('') || '{}') as object } }] }),
  );
}

export function ollamaEnd(done_reason = 'stop'): StreamItem {
  const durations = {
    total_duration: 4_883_583_458,
    load_duration: 1_334_875,
    prompt_eval_duration: 342_546_000,
    eval_duration: 4_535_599_000,
  };
  return line({}, { done: true, done_reason, ...durations, prompt_eval_count: 31, eval_count: 7 });
}
