/** The offline model's words. It quotes; it never makes anything up. */
import type { Passage } from '../../context-block.js';
import type { ModelRequest } from '../../contract.js';
import { isTooShort, searchQuestion } from './choose-tool-call.js';
import { type PickedSentence, pickSentences } from './pick-sentences.js';
import type { Conversation } from './read-conversation.js';
import { isSmallTalk } from './small-talk.js';

export function composeAnswer(conversation: Conversation, request: ModelRequest): string {
  const { question, passages, otherResults } = conversation;
  if (otherResults.length > 0 && passages.length === 0) {
    return otherResults.map((result) => `${result.name} ${result.isError ? 'failed' : 'returned'}: ${shorten(result.content)}`).join('\n');
  }
  if (asksWhatWasAsked(question)) return recall(conversation);
  const query = searchQuestion(conversation);
  const picked = pickSentences(query, passages);
  if (picked.length > 0) return quote(picked);
  const couldSearch = request.tools.some((tool) => tool.name === 'search');
  if (isSmallTalk(question))
    return `Hello! ${SELF} ${couldSearch ? 'Ask me about the documents.' : 'There are no documents here for me to quote from.'}`;
  if (isTooShort(query)) return `That is too short to look for; ask in a few words. ${SELF}`;
  if (passages.length > 0 || conversation.calledTools.has('search')) return `I found nothing in the documents that answers this. ${SELF}`;
  return `${SELF} I have no documents that answer this, so I cannot help; set llms.<name>.provider to a language model to get free answers.`;
}

/** One quotation per document, under a name that no other of them has. */
function quote(picked: readonly PickedSentence[]): string {
  const documents = new Map<string, PickedSentence[]>();
  for (const sentence of picked) {
    const key = documentKey(sentence.passage);
    documents.set(key, [...(documents.get(key) ?? []), sentence]);
  }
  const quotes = [...documents.values()].map((sentences) => {
    const { passage } = sentences[0] as PickedSentence;
    const name = nameSource(passage);
    const isShared = picked.some((other) => nameSource(other.passage) === name && documentKey(other.passage) !== documentKey(passage));
    return { source: isShared ? `${name} (${passage.store})` : name, text: sentences.map(({ text }) => text).join(' ') };
  });
  const sources = [...new Set(quotes.map(({ source }) => source))];
  return `${quotes.map(({ source, text }) => `According to ${source}: "${text}"`).join('\n\n')}\n\nSources: ${sources.join(', ')}`;
}

function documentKey({ store, sourcePath, title }: Passage): string {
  return JSON.stringify([store, sourcePath || title]);
}

/** As the source names it; of an absolute path only the file, the rest is the server's business. */
function nameSource({ sourcePath, title, store }: Passage): string {
  const name = /^(?:\/|[A-Za-z]:\\)/.test(sourcePath) ? sourcePath.replace(/^.*[/\\]/, '') : sourcePath;
  return name || title || store;
}

function asksWhatWasAsked(question: string): boolean {
  return /\bwhat\b.*\b(?:i|we)\b.*\b(?:ask|asked|say|said)\b|\bmy (?:previous|last|earlier) (?:question|message)\b/i.test(
    question.slice(0, MAX_ASKED),
  );
}

function recall({ earlierQuestions }: Conversation): string {
  const [previous] = earlierQuestions;
  return previous === undefined ? 'This is your first message in this conversation.' : `Before this you asked: "${shorten(previous)}"`;
}

function shorten(text: string): string {
  return text.length <= MAX_QUOTE_LENGTH ? text : `${text.slice(0, MAX_QUOTE_LENGTH)}…`;
}

const SELF = "I am Hector's built-in offline model: I answer only by quoting documents and tool results.";
const MAX_QUOTE_LENGTH = 1_000;

/** Longer questions are about something else; bounds the work. */
const MAX_ASKED = 500;
