/** What a scan tells of a document, against what is recorded. */
import { canonicalJson, sha256Hex } from '../base/json.js';
import type { Metadata } from '../base/metadata.js';
import type { DocumentRecord } from './chunk-store.js';
import type { DocumentReference } from './runs/ingest-fence.js';

/** The source shows the version that is recorded, as far as it tells. */
export function isSameVersion(document: DocumentReference, record: DocumentRecord): boolean {
  if (metadataHashOf(document.metadata) !== record.metadataHash) return false;
  if (document.version !== '') return record.sourceVersion === document.version;
  if (record.bytes !== document.bytes || record.modifiedAt !== document.modifiedAt) return false;
  // Written in the same moment as it was indexed: a later write of equal length may carry the same time.
  return record.updatedAt - document.modifiedAt > SAME_MOMENT_MS;
}

/** Of what failed for good: with the same one, a further try comes to the same. */
export function failedStateOf(document: DocumentReference, pipeline: string): string {
  const { version, bytes, modifiedAt } = document;
  const state = version === '' ? { bytes, modifiedAt } : { version };
  return sha256Hex(canonicalJson({ ...state, pipeline, metadata: metadataHashOf(document.metadata) })).slice(0, 40);
}

/** '' for none, as rows from before have it. */
export function metadataHashOf(metadata: Metadata): string {
  return Object.keys(metadata).length === 0 ? '' : sha256Hex(canonicalJson(metadata)).slice(0, 40);
}

const SAME_MOMENT_MS = 2_000;
