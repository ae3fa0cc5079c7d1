/** Entry of the text threads. Named exports answer the messages of `threads/messages.ts`. */
import { prepareDocument } from '../../src/knowledge/extract/prepare-document.js';
import { embedTexts } from '../../src/providers/embedders/adapters/local/hashed-embedding.js';
import { answer } from '../../src/threads/answer.js';
import type { TextMessages } from '../../src/threads/messages.js';

export const prepare = answer<TextMessages['prepare']>(prepareDocument);
export const embed = answer<TextMessages['embed']>(
  ({ texts, dimension }) => ({ vectors: embedTexts(texts, dimension) }),
  'EMBEDDER_FAILED',
  (reply) => reply.vectors.buffer,
);
