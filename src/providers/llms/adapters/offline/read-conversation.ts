/** What the offline model takes from a request. */
import { isJsonObject } from '../../../../base/json.js';
import { type SessionMessage, type ToolResultPart, textOf } from '../../../../tasks/session-message.js';
import { type Passage, parseContextBlock } from '../../context-block.js';
import type { ModelRequest } from '../../contract.js';

export interface Conversation {
  /** The newest message of the user. */
  readonly question: string;
  /** The user's messages before it, newest first. */
  readonly earlierQuestions: readonly string[];
  /** Retrieved passages: those in the system prompt, then those that tools found since the question. */
  readonly passages: readonly Passage[];
  /** Results since the question that hold no passages. */
  readonly otherResults: readonly ToolResultPart[];
  /** Tools called since the question. */
  readonly calledTools: ReadonlySet<string>;
}

export function readConversation(request: ModelRequest): Conversation {
  const asked = request.messages.findLastIndex((message) => message.role === 'user');
  const results = request.messages.slice(asked + 1).flatMap((message) => message.parts.filter((part) => part.type === 'tool_result'));
  const found = results.map((result) => ({ result, passages: findPassages(result) }));
  return {
    question: asked === -1 ? '' : questionOf(request.messages[asked] as SessionMessage),
    earlierQuestions: request.messages
      .slice(0, Math.max(asked, 0))
      .filter((message) => message.role === 'user')
      .map(questionOf)
      .reverse(),
    passages: [...parseContextBlock(request.system), ...found.flatMap(({ passages }) => passages ?? [])],
    otherResults: found.filter(({ passages }) => passages === undefined).map(({ result }) => result),
    calledTools: new Set(results.map((result) => result.name)),
  };
}

function questionOf(message: SessionMessage): string {
  return textOf(message).trim();
}

/** The passages of a `search` result (`providers/tools/adapters/search.ts`); `undefined` for any other content. */
function findPassages(result: ToolResultPart): readonly Passage[] | undefined {
  if (result.isError) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(result.content);
  } catch {
    // Not JSON, or cut short: read as plain text.
    return undefined;
  }
  if (!isJsonObject(value) || !Array.isArray(value['results'])) return undefined;
  return value['results'].filter(isJsonObject).map((hit) => ({
    store: String(hit['store_name'] ?? ''),
    sourcePath: String(hit['source_path'] ?? ''),
    title: String(hit['title'] ?? ''),
    startLine: Number(hit['start_line'] ?? 0),
    endLine: Number(hit['end_line'] ?? 0),
    content: String(hit['content'] ?? ''),
  }));
}
