/** What the `search` tool needs of the document stores; `knowledge/search/retriever.ts` fits it. */
import type { Metadata, MetadataFilter } from '../../base/metadata.js';

export interface FoundPassage {
  readonly store: string;
  readonly documentId: string;
  readonly chunkIndex: number;
  readonly content: string;
  /** 0–1, higher is nearer. */
  readonly score: number;
  /** Path below the source, or URL: what tells a reader which document it is without telling where the server keeps it. */
  readonly sourcePath: string;
  readonly title: string;
  readonly startLine: number;
  readonly endLine: number;
  /** Pages, sheets or slides, from 1; both or none. */
  readonly startPage?: number;
  readonly endPage?: number;
  /** The headings that it stands under. */
  readonly section?: string;
  /** What else is known of the document and of the passage, as filters ask for it. */
  readonly metadata?: Metadata;
}

export interface PassageSearch {
  search(
    query: string,
    options: { readonly stores: readonly string[]; readonly limit?: number; readonly filter?: MetadataFilter },
    signal: AbortSignal,
  ): Promise<readonly FoundPassage[]>;
}
