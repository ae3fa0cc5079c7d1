/** A place in an extracted text that chunks are named after, and that some strategies cut at (RAG-23). */
export type Landmark =
  /** A page, slide or sheet begins; `number` from 1. */
  | { readonly type: 'page'; readonly at: number; readonly number: number }
  /** Holds until the next heading of the same or a smaller level; level 1 is the outermost. */
  | { readonly type: 'heading'; readonly at: number; readonly level: number; readonly name: string }
  /** A definition in code, `end` exclusive. Definitions nest, they do not overlap. */
  | { readonly type: 'function' | 'type'; readonly at: number; readonly end: number; readonly name: string };
