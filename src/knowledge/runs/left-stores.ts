/**
 * Contract of what document stores have left behind that the configuration names no more. Implemented by `storage/sql`.
 *
 * L1 Documents go as a scan has them go, so that whoever follows a collection that other stores are in loses them too.
 * L2 A collection that nobody else has documents in is forgotten with them: who names it again begins with another one.
 * L3 Each call is one transaction or few, and all of it may be begun again at any place.
 */
export interface LeftStores {
  /** Stores that were ingested into and not dropped since, configured or not. */
  names(): Promise<readonly string[]>;
  /** Documents that are not taken out yet, the first ones, and where their chunks are. */
  page(store: string, limit: number): Promise<LeftPage>;
  /** No other store has documents in the collection. */
  isAlone(store: string, collection: string): Promise<boolean>;
  /** Documents that have moved on since are left for the next page. */
  takeOut(store: string, page: LeftPage, at: number): Promise<{ readonly documents: number; readonly chunks: number }>;
  /**
   * What is left once nothing is to be taken out any more: records, the collection where L2 holds, runs.
   * False: there is more of it, or documents have come; to be called again.
   */
  forget(store: string, limit: number): Promise<boolean>;
}

export interface LeftPage {
  readonly documents: readonly { readonly id: string; readonly generation: number; readonly collection: string; readonly chunks: number }[];
  readonly places: readonly LeftPlace[];
}

/** Vectors of one embedder in one collection. */
export interface LeftPlace {
  readonly collection: string;
  /** Identity of the collection. */
  readonly source: string;
  /** Fingerprint. */
  readonly embedder: string;
}
