/** Bytes of one document → chunks. Runs on text threads. */
import { sha256Hex } from '../../base/json.js';
import type { PreparedDocument, PrepareRequest } from '../../threads/messages.js';
import { chunkText } from '../chunking/chunk-text.js';
import { loadTokenizer } from '../chunking/load-tokenizer.js';
import { chunkWords } from '../search/chunk-words.js';
import { extractParsed, extractText } from './extract-text.js';

export async function prepareDocument(request: PrepareRequest): Promise<PreparedDocument> {
  const { name, content, chunking, knownHash, parsed, mediaType, by } = request;
  const contentHash = sha256Hex(content);
  if (contentHash === knownHash) return { type: 'unchanged', contentHash };
  const extracted = parsed === undefined ? await extractText(name, content, { mediaType, by }) : extractParsed(name, parsed);
  const countTokens = chunking.unit === 'tokens' ? await loadTokenizer() : undefined;
  const title = extracted.title || name;
  const chunks = chunkText(extracted, chunking, countTokens).map(({ text, startLine, endLine, place }) => ({
    text,
    // Here, as the transaction that writes them has no time to spare.
    words: chunkWords({ text, title, place }).join(' '),
    startLine: sourceLine(extracted.sourceLines, startLine),
    endLine: sourceLine(extracted.sourceLines, endLine),
    place,
  }));
  return { type: 'prepared', contentHash, title, chunks };
}

function sourceLine(sourceLines: readonly number[] | undefined, line: number): number {
  return sourceLines?.[line - 1] ?? line;
}

/** Raised when extraction or chunking changes what it yields: every document is then prepared again. */
export const PREPARE_REVISION = 3;
