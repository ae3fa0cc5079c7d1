import type { JsonObject } from '../../base/json.js';
import type { FoundPassage } from './passage-search.js';

/** Where an answer's passages come from, for clients: the members of `{ sources: [...] }`. */
export function describeSources(passages: readonly FoundPassage[]): readonly JsonObject[] {
  return passages.map(({ store, documentId, sourcePath, title, startLine, endLine, startPage, endPage = startPage, section, score }) => ({
    store,
    documentId,
    sourcePath,
    title,
    startLine,
    endLine,
    ...(startPage === undefined || endPage === undefined ? {} : { startPage, endPage }),
    ...(section === undefined ? {} : { section }),
    score,
  }));
}
