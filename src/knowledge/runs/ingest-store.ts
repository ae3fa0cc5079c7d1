/** One document store as its runs see it. */
import type { DocumentStoreSettings } from '../../config/settings.js';
import type { Embedder } from '../../providers/embedders/contract.js';
import type { DocumentParser } from '../extract/document-parser.js';
import type { DocumentSource } from '../sources/document-source.js';

export interface IngestStore {
  readonly name: string;
  readonly settings: DocumentStoreSettings;
  readonly source: DocumentSource;
  /** Those outside of this process; may be none. */
  readonly parsers: readonly DocumentParser[];
  readonly embedder: Embedder;
  readonly embedderFingerprint: string;
  /** `vector_stores.<name>.type` */
  readonly vectorProvider: string;
  /** What documents are prepared and embedded with. */
  readonly pipeline: string;
  /** Chunks of it were committed by this process. */
  readonly onCommit: () => void;
  /** Resolves when everything committed is searchable here. */
  readonly catchUp: () => Promise<void>;
}
