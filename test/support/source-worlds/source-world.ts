/** A real source of documents and the hands that change it. */
import type { Test } from 'tap';
import type { SourceSettings } from '../../../src/config/settings.js';
import type { SourceDependencies } from '../../../src/knowledge/sources/create-source.js';

export interface SourceWorld {
  readonly settings: SourceSettings;
  readonly dependencies?: Pick<SourceDependencies, 'databases' | 'openReader'>;
  /** Id of the document of that name. */
  id(name: string): string;
  /** Makes the document, or gives it another text. */
  put(name: string, text: string): unknown;
  remove(name: string): unknown;
  /** From now on this document cannot be had, and only this one. */
  spoil(name: string): unknown;
  /** The listing ends with an error before its end, or is whole again. */
  breakListing(isBroken: boolean): unknown;
  /** Contents that were handed out, where asking for them is apart from listing. */
  readonly countContents?: () => number;
  /** Until the result is called, nothing is answered. Where silence can be had. */
  readonly fallSilent?: () => Promise<() => Promise<void>>;
}

export type OpenWorld = (t: Test) => Promise<SourceWorld>;

/** Of one document, bytes. */
export const MAX_DOCUMENT_BYTES = 2_000;
