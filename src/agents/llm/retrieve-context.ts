/** `include_context`: passages for the message that the run answers (RAG-51, W-70). */
import { AppError } from '../../base/errors.js';
import type { AgentSettings } from '../../config/settings.js';
import type { Retriever, SearchHit } from '../../knowledge/search/retriever.js';
import { type SessionMessage, textOf } from '../../tasks/session-message.js';

/** RAG-41 */
const MIN_QUERY_LENGTH = 2;
const MAX_QUERY_LENGTH = 10_000;

/**
 * Searches for the newest message of the user, so that every step of a run finds the same passages without keeping
 * them. @throws what the retriever throws, so that an answer never silently misses its documents.
 */
export async function retrieveContext(
  settings: Pick<AgentSettings, 'includeContext' | 'includeContextLimit' | 'includeContextMaxLength' | 'documentStores'>,
  history: readonly SessionMessage[],
  retriever: Retriever,
  signal: AbortSignal,
): Promise<readonly SearchHit[]> {
  const message = history.findLast(({ role }) => role === 'user');
  const query = message === undefined ? '' : textOf(message).trim().slice(0, MAX_QUERY_LENGTH);
  if (!settings.includeContext || settings.documentStores.length === 0 || query.length < MIN_QUERY_LENGTH) return [];
  const hits = await search(query, settings, retriever, signal);
  return hits
    .slice(0, settings.includeContextLimit)
    .map((hit) => ({ ...hit, content: cut(hit.content, settings.includeContextMaxLength) }));
}

async function search(
  query: string,
  { documentStores, includeContextLimit }: Pick<AgentSettings, 'includeContextLimit' | 'documentStores'>,
  retriever: Retriever,
  signal: AbortSignal,
): Promise<readonly SearchHit[]> {
  try {
    return await retriever.search(query, { stores: documentStores, limit: includeContextLimit }, signal);
  } catch (error) {
    // A message that cannot be searched for ("??") can still be answered.
    if (error instanceof AppError && error.code === 'SEARCH_QUERY_INVALID') return [];
    throw error;
  }
}

/** At most `maxLength` characters, without half a surrogate pair at the end. */
function cut(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const end = /[\ud800-\udbff]/.test(text[maxLength - 1] ?? '') ? maxLength - 1 : maxLength;
  return `${text.slice(0, end)}…`;
}
