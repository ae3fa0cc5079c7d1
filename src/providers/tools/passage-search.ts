/** What the `search` tool needs of the document stores; `knowledge/retriever.ts` fits it. */
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
}

export interface PassageSearch {
  search(
    query: string,
    options: { readonly stores: readonly string[]; readonly limit?: number },
    signal: AbortSignal,
  ): Promise<readonly FoundPassage[]>;
}
