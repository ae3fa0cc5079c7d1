/** What of a batch travels through the queue: contents that the scan has, as long as they are small. */
import type { Metadata } from '../../base/metadata.js';
import type { SourceContent, SourceDocument } from '../sources/document-source.js';
import type { BatchJob, InlineContent } from './batch-queue.js';
import type { DocumentReference } from './ingest-fence.js';

/** By document id; what does not fit is read from the source. */
export function packContents(documents: readonly SourceDocument[]): BatchJob['inline'] {
  const packed: Record<string, InlineContent> = {};
  let bytes = 0;
  for (const { id, content } of documents) {
    if (content === undefined || bytes + content.bytes.length > MAX_INLINE_BYTES) continue;
    bytes += content.bytes.length;
    packed[id] = {
      base64: Buffer.from(content.bytes).toString('base64'),
      mediaType: content.mediaType,
      metadata: content.metadata ?? {},
      version: content.version,
    };
  }
  return packed;
}

export function unpackContent(document: DocumentReference, { inline }: BatchJob): SourceDocument {
  const packed = Object.hasOwn(inline, document.id) ? inline[document.id] : undefined;
  if (packed === undefined) return document;
  const { base64, mediaType, metadata, version } = packed;
  const content: SourceContent = {
    // Its own memory: the buffer is going to be transferred to a thread.
    bytes: Uint8Array.from(Buffer.from(base64, 'base64')),
    metadata: metadata as Metadata,
    ...(mediaType === undefined ? {} : { mediaType }),
    ...(version === undefined ? {} : { version }),
  };
  return { ...document, content };
}

/** Of one job. */
const MAX_INLINE_BYTES = 256 * 1024;
