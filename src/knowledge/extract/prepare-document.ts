/** Bytes of one document → chunks. Pure; runs on text threads. */
import { sha256Hex } from '../../base/json.js';
import type { PreparedDocument, PrepareRequest } from '../../threads/messages.js';
import { chunkText } from '../chunking/chunk-text.js';
import { extractText } from './extract-text.js';

export function prepareDocument({ name, content, chunking, knownHash }: PrepareRequest): PreparedDocument {
  const contentHash = sha256Hex(content);
  if (contentHash === knownHash) return { type: 'unchanged', contentHash };
  const extracted = extractText(name, content);
  const chunks = chunkText(extracted.text, chunking).map(({ text, startLine, endLine, place }) => ({
    text,
    startLine: sourceLine(extracted.sourceLines, startLine),
    endLine: sourceLine(extracted.sourceLines, endLine),
    place,
  }));
  return { type: 'prepared', contentHash, title: extracted.title, chunks };
}

function sourceLine(sourceLines: readonly number[] | undefined, line: number): number {
  return sourceLines?.[line - 1] ?? line;
}

/** Raised when extraction or chunking changes what it yields: every document is then prepared again. */
export const PREPARE_REVISION = 2;
