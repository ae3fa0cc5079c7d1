/** `streamGenerateContent` of the Gemini API: its rules about requests and what it sends. */
import {
  encodeSse,
  type PeerCall,
  type PeerOptions,
  type PeerProtocol,
  type PeerReply,
  type ProviderPeer,
  type StreamItem,
  startProviderPeer,
} from './provider-peer.js';

export function startGeminiPeer(t: { teardown(run: () => unknown): void }, options: PeerOptions = {}): Promise<ProviderPeer> {
  return startProviderPeer(t, PROTOCOL, options);
}

const PROTOCOL: PeerProtocol = {
  name: 'Gemini',
  prefix: '',
  contentType: 'text/event-stream',
  findComplaint: (path, body) => findComplaint(path, body as unknown as Body),
  errorBody: (message) => ({ error: { code: 400, message, status: 'INVALID_ARGUMENT' } }),
  encode: encodeSse,
};

interface Part {
  readonly text?: string;
  readonly thought?: boolean;
  readonly thoughtSignature?: string;
  readonly inlineData?: { readonly mimeType?: string; readonly data?: string };
  readonly fileData?: object;
  readonly functionCall?: { readonly name?: string; readonly args?: object };
  readonly functionResponse?: { readonly name?: string; readonly response?: object };
}

interface Body {
  readonly contents: readonly { readonly role?: string; readonly parts?: readonly Part[] }[];
  readonly tools?: readonly { readonly functionDeclarations?: readonly { readonly name: string }[] }[];
  readonly generationConfig?: { readonly responseMimeType?: string; readonly thinkingConfig?: { readonly thinkingBudget?: number } };
}

const KEYS = new Set(['contents', 'systemInstruction', 'tools', 'toolConfig', 'generationConfig', 'safetySettings', 'cachedContent']);
const KINDS = ['text', 'inlineData', 'fileData', 'functionCall', 'functionResponse'] as const;

function findComplaint(path: string, body: Body): string | undefined {
  const [, model] = /^\/v1beta\/models\/([\w.-]+):streamGenerateContent\?alt=sse$/.exec(path) ?? [];
  if (model === undefined) return `Invalid path ${path}`;
  const extra = Object.keys(body).find((key) => !KEYS.has(key));
  if (extra !== undefined) return `Invalid JSON payload received. Unknown name "${extra}": Cannot find field.`;
  const isThird = /gemini-3/.test(model);
  if (!isThird && body.generationConfig?.responseMimeType === 'application/json' && body.tools !== undefined)
    return "Function calling with a response mime type: 'application/json' is unsupported";
  if (body.contents.length === 0) return 'GenerateContentRequest.contents: contents is not specified';
  let open: string[] = [];
  for (const [index, { role, parts = [] }] of body.contents.entries()) {
    if (role !== 'user' && role !== 'model') return 'Please use a valid role: user, model.';
    if (parts.length === 0) return `contents[${index}].parts must not be empty.`;
    const shapeless = parts.find((part) => KINDS.filter((kind) => part[kind] !== undefined).length !== 1);
    if (shapeless !== undefined) return `contents[${index}].parts: required oneof field 'data' must have one initialized field`;
    const responses = parts.flatMap(({ functionResponse }) => (functionResponse === undefined ? [] : [functionResponse.name ?? '']));
    if (responses.length !== open.length)
      return 'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.';
    if (responses.length > 0 && responses.length < parts.length) return 'function responses stand by themselves';
    if (responses.some((name, at) => name !== open[at])) return 'function response names must match those of the calls';
    if (parts.some(({ functionResponse }) => functionResponse !== undefined && functionResponse.response === undefined))
      return 'response is required';
    const calls = parts.flatMap((part) => (part.functionCall === undefined ? [] : [part]));
    if (calls.length > 0 && (role !== 'model' || index === 0 || body.contents[index - 1]?.role !== 'user'))
      return 'Please ensure that function call turn comes immediately after a user turn or after a function response turn.';
    if (isThird && calls.length > 0 && !calls[0]?.thoughtSignature)
      return `Function call is missing a thought_signature in functionCall parts: ${calls[0]?.functionCall?.name}, position ${index}.`;
    open = calls.map(({ functionCall }) => functionCall?.name ?? '');
  }
  return open.length === 0 ? undefined : 'the last function call has no response';
}

export function geminiError(code: number, status: string, message: string, details: readonly object[] = []): PeerReply {
  return { type: 'status', status: code, body: { error: { code, message, status, details } } };
}

export function geminiChunk(parts: readonly object[], extra: object = {}): StreamItem {
  return {
    data: {
      candidates: [{ content: { parts, role: 'model' }, index: 0, ...extra }],
      usageMetadata: {
        promptTokenCount: 31,
        candidatesTokenCount: 5,
        thoughtsTokenCount: 2,
        cachedContentTokenCount: 4,
        totalTokenCount: 38,
      },
      modelVersion: 'gemini-2.5-pro',
      responseId: 'wJ6taLzC',
    },
  };
}

export function geminiEnd(finishReason = 'STOP'): StreamItem {
  return geminiChunk([{ text: '' }], { finishReason });
}

export function geminiCalls(calls: readonly PeerCall[], signature?: string): StreamItem {
  return geminiChunk(
    calls.map(({ name, pieces, id }, index) => ({
      functionCall: {
        ...(id === '' ? {} : { id }),
        name,
        ...(pieces.join('') === '' ? {} : { args: JSON.parse(pieces.join('')) as object }),
      },
      ...(index === 0 && signature !== undefined ? { thoughtSignature: signature } : {}),
    })),
  );
}
