/**
 * Items of a JSON API as documents (RAG-05).
 *
 * 1. The scan has what an item says, and hands it on with it; asked for again, an item is looked for on the page where it was.
 * 2. What is remembered of places is bounded, and only saves requests.
 */
import { throwIfAborted } from '../../../base/abort.js';
import { AppError } from '../../../base/errors.js';
import { canonicalJson, isJsonObject, type JsonObject, type JsonValue, sha256Hex } from '../../../base/json.js';
import type { ApiSourceSettings } from '../../../config/settings.js';
import type { DocumentSource, SourceContent, SourceDocument, SourceFinding } from '../document-source.js';
import { type Exchange, shownUrl } from '../exchange.js';
import { documentProblem, tooLarge, unknownRest } from '../source-errors.js';
import { bytesOf, metadataOf, textOf } from '../text-of.js';
import type { PagePlace } from './api-request.js';
import { findField } from './json-field.js';
import { readPages } from './read-pages.js';
import { RecentPages } from './recent-pages.js';

export interface ApiSourceDependencies {
  readonly exchange: Exchange;
  /** Milliseconds. */
  readonly monotonic: () => number;
}

export function createApiSource(settings: ApiSourceSettings, { exchange, monotonic }: ApiSourceDependencies): DocumentSource {
  const { api } = settings;
  const url = new URL(api.url);
  const prefix = `api:${url.pathname}:`;
  const recent = new RecentPages(api, exchange, monotonic);
  let walks: Promise<void> = Promise.resolve();

  const remember = (items: readonly JsonValue[], place: PagePlace) => {
    for (const item of items) {
      const id = idOf(item);
      if (id !== undefined) recent.remember(prefix + id, place);
    }
  };
  const idOf = (item: JsonValue): string | undefined => {
    const id = isJsonObject(item) ? findField(item, api.idField) : undefined;
    return (typeof id === 'string' && id !== '') || typeof id === 'number' ? String(id) : undefined;
  };
  const findItem = (items: readonly JsonValue[], document: SourceDocument) =>
    items.find((item): item is JsonObject => isJsonObject(item) && prefix + idOf(item) === document.id);

  /** One after the other: what one of them sees, the next ones need not look for. */
  function walkInTurn(document: SourceDocument, signal: AbortSignal): Promise<JsonObject | undefined> {
    const turn = walks.then(async () => {
      throwIfAborted(signal);
      return (await recent.find(document.id, (items) => findItem(items, document), signal)) ?? (await walk(document, signal));
    });
    // Reported to whoever waits for it.
    walks = turn.then(ignore, ignore);
    return turn;
  }
  async function walk(document: SourceDocument, signal: AbortSignal): Promise<JsonObject | undefined> {
    for await (const page of readPages(api, exchange, signal)) {
      if (page instanceof Error) throw page;
      remember(page.items, page.place);
      const item = findItem(page.items, document);
      if (item !== undefined) return item;
    }
    return undefined;
  }

  return {
    async *scan(signal) {
      const shown = shownUrl(url);
      let hasIdless = false;
      for await (const page of readPages(api, exchange, signal)) {
        if (page instanceof Error) {
          yield unknownRest(shown, page);
          return;
        }
        remember(page.items, page.place);
        for (const item of page.items) {
          const id = idOf(item);
          if (id !== undefined) yield toFinding(item as JsonObject, { id: prefix + id, path: `${shown}#${id}` }, settings);
          else if (!hasIdless) {
            hasIdless = true;
            yield documentProblem(prefix, shown, withoutId(api.idField));
          }
        }
      }
    },

    async read(document, _knownVersion, signal) {
      const known = await recent.find(document.id, (items) => findItem(items, document), signal);
      const item = known ?? (await walkInTurn(document, signal));
      if (item !== undefined) return contentOf(item, document, settings);
      throw new AppError('DOCUMENT_SOURCE_UNREADABLE', { message: `'${document.path}' is no longer in the list` });
    },
  };
}

function toFinding(
  item: JsonObject,
  { id, path }: { readonly id: string; readonly path: string },
  settings: ApiSourceSettings,
): SourceFinding {
  const { api } = settings;
  try {
    const metadata = metadataOf(api.metadataFields.map((name) => ({ name, value: findField(item, name) })));
    const place = { id, path, name: id.slice(`api:${new URL(api.url).pathname}:`.length), modifiedAt: 0, metadata };
    const content = contentOf(item, { path }, settings);
    const { version = '' } = content;
    return { type: 'document', document: { ...place, bytes: content.bytes.length, version, content } };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return documentProblem(id, path, error);
  }
}

/** @throws AppError of this item alone */
function contentOf(item: JsonObject, document: { readonly path: string }, { api, maxFileBytes }: ApiSourceSettings): SourceContent {
  const values = api.contentFields.map((name) => ({ name, value: findField(item, name) }));
  if (values.length > 0 && values.every(({ value }) => value === undefined))
    throw new AppError('DOCUMENT_SOURCE_UNREADABLE', {
      message: `'${document.path}' has none of the fields ${api.contentFields.join(', ')} of source.api.content_fields`,
    });
  const bytes = bytesOf(values.length === 0 ? JSON.stringify(item, null, 2) : textOf(values));
  if (bytes.length > maxFileBytes) throw tooLarge(document, bytes.length, maxFileBytes);
  const mark = sha256Hex(canonicalJson([api.contentFields, api.updatedField])).slice(0, 8);
  const updated = api.updatedField === '' ? undefined : findField(item, api.updatedField);
  const state = updated === undefined || updated === null ? `sha256:${sha256Hex(bytes).slice(0, 40)}` : canonicalJson(updated);
  return { bytes, mediaType: 'text/plain; charset=utf-8', version: `${mark}:${state}` };
}

function withoutId(field: string): AppError {
  return new AppError('DOCUMENT_SOURCE_UNREADABLE', {
    message: `Items have no '${field}' and are no documents; name a field in source.api.id_field that every item has`,
  });
}

const ignore = () => undefined;
