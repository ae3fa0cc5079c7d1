/** What clients see of a step: the parts of its `response` artifact event (API-50, API-52). */
import { isJsonObject, type JsonObject, type JsonValue } from '../../base/json.js';
import type { Part } from '../../protocol/a2a.js';
import type { FilePart, ToolCallPart } from '../../tasks/session-message.js';
import type { TaskEventBody } from '../../tasks/task-event.js';
import type { StoredArtifact } from '../../tasks/tool-call.js';
import type { AnsweredCall } from './answered-call.js';
import { describeProgress } from './tool-progress.js';

export const RESPONSE_ARTIFACT = 'response';

export interface StepOutput {
  /** Default ''. */
  readonly text?: string;
  /** In place of the text: the answer as JSON (AGT-60). Default: none. */
  readonly value?: JsonValue | undefined;
  /** Reasoning that clients see, in an artifact of its own. Default: none. */
  readonly thinking?: TaskEventBody | undefined;
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
 * What was thought, what tools showed while they ran and what they saved are artifacts of their own, before `response`. Order there: text, then each call with its result, then results of earlier calls, then the sources. None when the step has nothing to show, except for
 * the last: it closes the artifact, with an empty text when there is nothing else.
 */
export function describeOutput(output: StepOutput): readonly TaskEventBody[] {
  const { text = '', value, thinking, calls = [], results = [], contextSources = [], append, lastChunk = false } = output;
  const own = [
    ...(thinking === undefined ? [] : [thinking]),
    ...results.flatMap(({ call, shown }) => (shown === undefined ? [] : [describeProgress(call, shown)])),
    ...results.flatMap(({ result: { artifacts = [] } }) => artifacts.map(describeArtifact)),
  ];
  const sources = uniqueSources([...contextSources, ...results.flatMap(({ result }) => sourcesOf(result.data))]);
  const isNew = ({ call }: AnsweredCall) => calls.some(({ id }) => id === call.id);
  const parts: Part[] = [
    ...(value !== undefined ? [{ data: value, mediaType: 'application/json' }] : text === '' ? [] : [{ text }]),
    ...calls.flatMap((call) => [describeCall(call), ...results.filter((result) => result.call.id === call.id).map(describeResult)]),
    ...results.filter((result) => !isNew(result)).map(describeResult),
    ...(sources.length === 0 ? [] : [{ data: { sources } }]),
  ];
  if (parts.length === 0) {
    if (!lastChunk) return own;
    parts.push({ text: '' });
  }
  return [
    ...own,
    {
      type: 'artifact.updated',
      artifact: { artifactId: RESPONSE_ARTIFACT, name: 'response', parts },
      append,
      lastChunk,
    },
  ];
}

/** A new version: what was under this name before stays in the log (SES-07). */
function describeArtifact({ name, description, parts }: StoredArtifact): TaskEventBody {
  const artifact = { artifactId: `artifact:${name}`, name, ...(description === undefined ? {} : { description }), parts };
  return { type: 'artifact.updated', artifact, append: false, lastChunk: true };
}

function describeCall(call: ToolCallPart): Part {
  return { data: { type: 'tool_use', id: call.id, name: call.name, arguments: call.arguments } };
}

function describeResult({ call, result: { content, isError, files = [] }, requiresApproval }: AnsweredCall): Part {
  return {
    data: {
      type: 'tool_result',
      tool_call_id: call.id,
      tool_name: call.name,
      content: cut(content),
      is_error: isError,
      ...(requiresApproval ? { requires_approval: true } : {}),
      ...(files.length === 0 ? {} : { files: files.map(describeFile) }),
    },
  };
}

/** What it is; the model alone gets the file itself. */
function describeFile({ filename, mediaType, url }: FilePart): JsonObject {
  return {
    ...(filename === undefined ? {} : { filename }),
    ...(mediaType === undefined ? {} : { media_type: mediaType }),
    ...(url === undefined || url.startsWith('data:') ? {} : { url }),
  };
}

function cut(content: string): string {
  return content.length <= MAX_RESULT_LENGTH ? content : `${content.slice(0, MAX_RESULT_LENGTH)}… [${content.length} characters]`;
}

function sourcesOf(data: JsonValue | undefined): readonly JsonObject[] {
  const sources = isJsonObject(data) ? data['sources'] : undefined;
  return Array.isArray(sources) ? sources.filter(isJsonObject) : [];
}

/** One entry per place in a document, the first (best) one; what was found in the web has an address alone. */
function uniqueSources(sources: readonly JsonObject[]): readonly JsonObject[] {
  const seen = new Set<string>();
  return sources.filter(({ store, documentId, startLine, endLine, url }) => {
    const key = JSON.stringify([store, documentId, startLine, endLine, url]);
    return !seen.has(key) && seen.add(key) !== undefined;
  });
}

/** Characters of a tool's result that go to clients; the model reads all of it. */
const MAX_RESULT_LENGTH = 2_000;
