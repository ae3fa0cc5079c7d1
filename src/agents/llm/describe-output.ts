/** What clients see of a step: the parts of its `response` artifact event (API-50, API-52). */
import { isJsonObject, type JsonObject, type JsonValue } from '../../base/json.js';
import type { Part } from '../../protocol/a2a.js';
import type { TaskEventBody } from '../../tasks/task-event.js';
import type { RequestedCall, ShownText } from './collect-answer.js';
import type { ToolCallResult } from './run-tool-calls.js';

export const RESPONSE_ARTIFACT = 'response';

export interface StepOutput {
  readonly shown: ShownText;
  readonly calls: readonly RequestedCall[];
  readonly results: readonly ToolCallResult[];
  /** Sources of the passages in the system prompt, told once per run. */
  readonly contextSources: readonly JsonObject[];
  readonly append: boolean;
  readonly lastChunk: boolean;
}

/**
 * Order: text, then each call with its result, then the sources. None when the step has nothing to show, except for
 * the last: it closes the artifact, with an empty text when there is nothing else.
 */
export function describeOutput({ shown, calls, results, contextSources, append, lastChunk }: StepOutput): readonly TaskEventBody[] {
  const sources = uniqueSources([...contextSources, ...results.flatMap(({ data }) => sourcesOf(data))]);
  const parts: Part[] = [
    ...(shown.text === '' ? [] : [{ text: shown.text }]),
    ...calls.flatMap((call, index) => [describeCall(call), describeResult(results[index])]).filter((part) => part !== undefined),
    ...(sources.length === 0 ? [] : [{ data: { sources } }]),
  ];
  if (parts.length === 0) {
    if (!lastChunk) return [];
    parts.push({ text: '' });
  }
  return [
    {
      type: 'artifact.updated',
      artifact: { artifactId: RESPONSE_ARTIFACT, name: 'response', parts },
      append,
      lastChunk,
    },
  ];
}

function describeCall(call: RequestedCall): Part {
  return { data: { type: 'tool_use', id: call.id, name: call.name, arguments: call.arguments } };
}

function describeResult(result: ToolCallResult | undefined): Part | undefined {
  if (result === undefined) return undefined;
  const { callId, name, content, isError } = result.part;
  return { data: { type: 'tool_result', tool_call_id: callId, tool_name: name, content: cut(content), is_error: isError } };
}

function cut(content: string): string {
  return content.length <= MAX_RESULT_LENGTH ? content : `${content.slice(0, MAX_RESULT_LENGTH)}… [${content.length} characters]`;
}

function sourcesOf(data: JsonValue | undefined): readonly JsonObject[] {
  const sources = isJsonObject(data) ? data['sources'] : undefined;
  return Array.isArray(sources) ? sources.filter(isJsonObject) : [];
}

/** One entry per place in a document, the first (best) one. */
function uniqueSources(sources: readonly JsonObject[]): readonly JsonObject[] {
  const seen = new Set<string>();
  return sources.filter(({ store, documentId, startLine, endLine }) => {
    const key = JSON.stringify([store, documentId, startLine, endLine]);
    return !seen.has(key) && seen.add(key) !== undefined;
  });
}

/** Characters of a tool's result that go to clients; the model reads all of it. */
const MAX_RESULT_LENGTH = 2_000;
