/** Pure: a task, or the message in place of one, as the result of a tool call. */
import { isJsonObject, type JsonObject } from '../../base/json.js';
import type { Part, SendMessageResponse, Task } from '../../protocol/a2a.js';
import { isInterrupted, isTerminal } from '../../protocol/task-state.js';

export function toCallResult(response: SendMessageResponse): JsonObject {
  if ('message' in response) {
    const { message } = response;
    return {
      content: notEmpty(message.parts.flatMap(toContent)),
      structuredContent: {
        ...(message.contextId === undefined ? {} : { contextId: message.contextId }),
        message: message as unknown as JsonObject,
      },
    };
  }
  const { history: _, ...task } = response.task;
  const { id, contextId, status, artifacts = [] } = task;
  const made = artifacts.flatMap(({ parts }) => parts.flatMap(toContent));
  const said = status.message?.parts.flatMap(toContent) ?? [];
  const isFailed = isTerminal(status.state) && status.state !== 'TASK_STATE_COMPLETED';
  const content = status.state === 'TASK_STATE_COMPLETED' && made.length > 0 ? made : [...made, ...said];
  return {
    content: notEmpty([...content, ...describeState(task)]),
    structuredContent: { taskId: id, contextId, state: status.state, task: task as unknown as JsonObject },
    ...(isFailed ? { isError: true } : {}),
  };
}

/** A failure before there was a task. */
export function toErrorResult(message: string): JsonObject {
  return { content: [{ type: 'text', text: message }], isError: true };
}

/** What a model must know to go on. */
function describeState({ id, status: { state, message } }: Task): readonly JsonObject[] {
  if (isInterrupted(state)) {
    const wants = state === 'TASK_STATE_AUTH_REQUIRED' ? 'credentials; when they are there, call' : 'an answer; call';
    return [text(`[Task ${id} waits for ${wants} this tool again with taskId "${id}" and the answer as request.]`)];
  }
  if (!isTerminal(state)) return [text(`[Task ${id} is at work (${state}).]`)];
  return state !== 'TASK_STATE_COMPLETED' && message === undefined ? [text(`[Task ${id} ended as ${state}.]`)] : [];
}

function toContent(part: Part): readonly JsonObject[] {
  const { text: words, raw, url, data, mediaType = 'application/octet-stream', filename } = part;
  if (words !== undefined) return words === '' ? [] : [text(words)];
  if (raw !== undefined) {
    if (mediaType.startsWith('image/')) return [{ type: 'image', data: raw, mimeType: mediaType }];
    if (mediaType.startsWith('audio/')) return [{ type: 'audio', data: raw, mimeType: mediaType }];
    const uri = `urn:hector:file:${encodeURIComponent(filename ?? 'file')}`;
    return [{ type: 'resource', resource: { uri, mimeType: mediaType, blob: raw } }];
  }
  if (url !== undefined)
    return [{ type: 'resource_link', uri: url, name: filename ?? url, ...(part.mediaType === undefined ? {} : { mimeType: mediaType }) }];
  // How the agent worked, and where its answer comes from, is in the structured content.
  if (isJsonObject(data) && (data['type'] === 'tool_use' || data['type'] === 'tool_result' || data['sources'] !== undefined)) return [];
  return data === undefined ? [] : [text(JSON.stringify(data))];
}

function text(words: string): JsonObject {
  return { type: 'text', text: words };
}

/** Older clients want at least one. */
function notEmpty(content: readonly JsonObject[]): readonly JsonObject[] {
  return content.length === 0 ? [text('(no content)')] : content;
}
