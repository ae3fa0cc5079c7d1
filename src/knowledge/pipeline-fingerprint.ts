/** What a document's chunks and vectors depend on besides its content: when it changes, they are made anew. */
import { canonicalJson, sha256Hex } from '../base/json.js';
import type { ChunkingSettings, McpParserSettings } from '../config/settings.js';
import { PREPARE_REVISION } from './extract/prepare-document.js';

export { embedderFingerprint } from '../providers/embedders/fingerprint.js';

export function pipelineFingerprint(chunking: ChunkingSettings, embedder: string, collection: string, parsers?: McpParserSettings): string {
  return sha256Hex(canonicalJson({ revision: PREPARE_REVISION, chunking, embedder, collection, ...(parsers && { parsers }) })).slice(0, 16);
}
