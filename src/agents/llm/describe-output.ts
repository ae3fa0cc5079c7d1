/** What clients see of a step: the parts of its `response` artifact event (API-50, API-52). */
import { isJsonObject, type JsonObject, type JsonValue } from '../../base/json.js';
import type { Part } from '../../protocol/a2a.js';
import type { ToolCallPart } from '../../tasks/session-message.js';
import type { TaskEventBody } from '../../tasks/task-event.js';
import type { AnsweredCall } from './answered-call.js';

export const RESPONSE_ARTIFACT = 'response';

export interface StepOutput {
  /** Default ''. */
  readonly text?: string;
  /** What the model asked for in this step. Default: nothing. */
  readonly calls?: readonly ToolCallPart[];
  /** Calls that were answered in this step, of this one or of one before. Default: none. */
  readonly results?: readonly AnsweredCall[];
  /** Sources of the passages in the system prompt, told once per run. Default: none. */
  readonly contextSources?: readonly JsonObject[];
  readonly append: boolean;
  /** Default false. */
  readonly lastChunk?: boolean;
}

/**
 * Order: text, then each call with its result, then results of earlier calls, then the sources. None when the step has nothing to show, except for
 * the last: it closes the artifact, with an empty text when there is nothing else.
 */
export function describeOutput(output: StepOutput): readonly TaskEventBody[] {
  const { text = '', calls = [], results = [], contextSources = [], append, lastChunk = false } = output;
  const sources = uniqueSources([...contextSources, ...results.flatMap(({ result }) => sourcesOf(result.data))]);
  const isNew = ({ call }: AnsweredCall) => calls.some(({ id }) => id === call.id);
  const parts: Part[] = [
    ...(text === '' ? [] : [{ text }]),
    ...calls.flatMap((call) => [describeCall(call), ...results.filter((result) => result.call.id === call.id).map(describeResult)]),
    ...results.filter((result) => !isNew(result)).map(describeResult),
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

function describeCall(call: ToolCallPart): Part {
  return { data: { type: 'tool_use', id: call.id, name: call.name, arguments: call.arguments } };
}

function describeResult({ call, result: { content, isError }, requiresApproval }: AnsweredCall): Part {
  return {
    data: {
      type: 'tool_result',
      tool_call_id: call.id,
      tool_name: call.name,
      content: cut(content),
      is_error: isError,
      ...(requiresApproval ? { requires_approval: true } : {}),
    },
  };
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
