/** The simple rules by which the offline model calls tools. */
import { type JsonObject, parseJsonObject } from '../../../../base/json.js';
import type { ToolDefinition } from '../../contract.js';
import { pickSentences } from './pick-sentences.js';
import type { Conversation } from './read-conversation.js';
import { isSmallTalk } from './small-talk.js';
import { contentWords, rawWords } from './words.js';

export interface ChosenCall {
  readonly name: string;
  readonly arguments: JsonObject;
}

/**
 * 1. A message `call <tool> {json}` calls that tool, several such lines call several.
 * 2. A question, small talk and single signs apart, that the passages at hand do not answer is put to `search`, once.
 */
export function chooseToolCalls(conversation: Conversation, tools: readonly ToolDefinition[]): readonly ChosenCall[] {
  if (conversation.calledTools.size > 0) return [];
  const explicit = findExplicitCalls(conversation.question, tools);
  if (explicit.length > 0) return explicit;
  if (!tools.some((tool) => tool.name === 'search')) return [];
  const query = searchQuestion(conversation);
  if (isSmallTalk(query) || isTooShort(query) || pickSentences(query, conversation.passages).length > 0) return [];
  return [{ name: 'search', arguments: { query: query.slice(0, MAX_QUERY_LENGTH) } }];
}

/**
 * The question, with the one before it when it only makes sense after it: it has no content word of its own, or is
 * short and points back ("and how long does that take?").
 */
export function searchQuestion({ question, earlierQuestions }: Conversation): string {
  const previous = earlierQuestions[0];
  if (previous === undefined) return question;
  const words = rawWords(question);
  const pointsBack = words.some((word) => POINTERS.has(word)) || /^(?:and|und|what about|how about)\b/i.test(question);
  return contentWords(question).length === 0 || (pointsBack && words.length <= 12) ? `${previous} ${question}` : question;
}

/** RAG-41: counted as the schema of `search` counts. */
export function isTooShort(query: string): boolean {
  return [...query.trim()].length < MIN_QUERY_LENGTH;
}

function findExplicitCalls(question: string, tools: readonly ToolDefinition[]): readonly ChosenCall[] {
  const calls: ChosenCall[] = [];
  for (const line of question.split('\n')) {
    const [, name = '', json = ''] = /^call[ \t]+([\w.-]+)[ \t]*(\{.*\})?$/i.exec(line.trim()) ?? [];
    if (name === '' || !tools.some((tool) => tool.name === name)) continue;
    // What is no JSON is no call after all, but a question.
    const parsed = json === '' ? {} : parseJsonObject(json);
    if (parsed !== undefined) calls.push({ name, arguments: parsed });
  }
  return calls;
}

const POINTERS: ReadonlySet<string> = new Set([
  'it',
  'that',
  'this',
  'they',
  'them',
  'those',
  'these',
  'its',
  'their',
  'das',
  'dies',
  'dafur',
]);
/** RAG-41 */
const MIN_QUERY_LENGTH = 2;
const MAX_QUERY_LENGTH = 10_000;
