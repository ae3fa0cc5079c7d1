/** Session messages as Gemini wants them: the responses to a turn's calls follow it at once, all of them and nothing else beside them. */
import type { Content, Part } from '@google/genai';
import type { FilePart, SessionMessage, SessionPart, ToolResultPart } from '../../../../tasks/session-message.js';
import { describeFile, type FileContent } from '../../describe-file.js';
import { resultText } from '../../result-text.js';
import { findSignature } from '../../signature.js';
import { readGeminiFamily } from './model-families.js';

export function encodeContents(messages: readonly SessionMessage[], model: string): Content[] {
  const contents: (Content & { readonly parts: Part[] })[] = [];
  const add = (role: 'user' | 'model', parts: readonly Part[]) => {
    const last = contents.at(-1);
    if (parts.length === 0) return;
    if (last?.role === role && !hasResponses(last.parts)) last.parts.push(...parts);
    else contents.push({ role, parts: [...parts] });
  };
  if (messages[0]?.role === 'agent') add('user', [{ text: '(The conversation began earlier.)' }]);
  for (const message of messages) {
    if (message.role === 'agent') add('model', encodeAgentParts(message.parts, model));
    else if (message.role === 'tool') {
      const { responses, files } = encodeResults(message.parts.filter(isResult), model);
      contents.push({ role: 'user', parts: responses });
      add('user', files);
    } else add('user', encodeUserParts(message.parts));
  }
  if (contents.at(-1)?.role !== 'user') add('user', [{ text: contents.length === 0 ? '(empty message)' : 'Go on.' }]);
  return contents;
}

function hasResponses(parts: readonly Part[]): boolean {
  return parts.some(({ functionResponse }) => functionResponse !== undefined);
}

function isResult(part: SessionPart): part is ToolResultPart {
  return part.type === 'tool_result';
}

function encodeUserParts(parts: readonly SessionPart[]): readonly Part[] {
  const encoded = parts.flatMap((part): readonly Part[] => {
    if (part.type === 'text') return part.text === '' ? [] : [{ text: part.text }];
    if (part.type === 'data') return [{ text: JSON.stringify(part.data) }];
    return part.type === 'file' ? [encodeFile(part)] : [];
  });
  return encoded.length === 0 ? [{ text: '(empty message)' }] : encoded;
}

function encodeFile(part: FilePart): Part {
  const file = describeFile(part);
  return file.type === 'text' ? { text: file.text } : encodeMedia(file);
}

function encodeMedia({ mediaType, source }: Exclude<FileContent, { type: 'text' }>): Part {
  return 'url' in source
    ? { fileData: { fileUri: source.url, mimeType: mediaType } }
    : { inlineData: { data: source.base64, mimeType: mediaType } };
}

/** Summaries of thoughts are not sent back; their signatures are, where they stood. */
function encodeAgentParts(parts: readonly SessionPart[], model: string): readonly Part[] {
  const encoded: Part[] = [];
  let signature: string | undefined;
  for (const part of parts) {
    if (part.type === 'text' && part.text !== '') encoded.push({ text: part.text });
    if (part.type === 'thinking') {
      const [place, value, signedBy] = findSignature('gemini', part.signature) ?? [];
      if (value === undefined || signedBy !== model) continue;
      if (place === 'call') signature = value;
      else encoded.push({ text: '', thoughtSignature: value });
    }
    if (part.type !== 'tool_call') continue;
    const isFirst = !encoded.some(({ functionCall }) => functionCall !== undefined);
    const thoughtSignature = signature ?? (isFirst && readGeminiFamily(model).wantsSignatures ? NO_SIGNATURE : undefined);
    signature = undefined;
    encoded.push({
      functionCall: { ...wireId(part.id), name: part.name, args: part.arguments as Record<string, unknown> },
      ...(thoughtSignature === undefined ? {} : { thoughtSignature }),
    });
  }
  return encoded;
}

function encodeResults(results: readonly ToolResultPart[], model: string): { responses: Part[]; files: readonly Part[] } {
  const { takesFilesInResponses } = readGeminiFamily(model);
  const responses: Part[] = [];
  const beside: Part[] = [];
  for (const result of results) {
    const files = (result.files ?? []).map(encodeFile);
    const inside = takesFilesInResponses ? files.filter(({ inlineData }) => inlineData !== undefined) : [];
    responses.push({
      functionResponse: {
        ...wireId(result.callId),
        name: result.name,
        response: { [result.isError ? 'error' : 'output']: resultText(result) },
        ...(inside.length === 0 ? {} : { parts: inside.map(({ inlineData }) => ({ inlineData: inlineData ?? {} })) }),
      },
    });
    beside.push(...files.filter((file) => !inside.includes(file)));
  }
  return { responses, files: beside };
}

/** Ids are optional here; those that Gemini did not give are kept to ourselves (AGT-06). */
function wireId(id: string): { id?: string } {
  return id.startsWith('hector-') ? {} : { id };
}

/** Google's word for calls that another model made, or that were made before there were signatures. */
const NO_SIGNATURE = 'skip_thought_signature_validator';
