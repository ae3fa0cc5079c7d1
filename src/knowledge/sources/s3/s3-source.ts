/**
 * Objects of a bucket as documents (RAG-08), at Amazon or any service that speaks S3.
 *
 * 1. The ETag is the version: what is listed with a known one is not asked for.
 * 2. A listing that ends early takes nothing as deleted.
 * 3. No more than `max_file_size` of an object is held, whatever its length is said to be.
 */
import { Readable } from 'node:stream';
import type { _Object as ListedObject, ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import { throwIfAborted } from '../../../base/abort.js';
import { AppError, describeError } from '../../../base/errors.js';
import type { S3SourceSettings } from '../../../config/settings.js';
import type { DocumentSource, SourceContent, SourceDocument, SourceFinding } from '../document-source.js';
import { createGlobMatcher } from '../glob.js';
import { Lazy } from '../lazy.js';
import { documentProblem, tooLarge, unknownRest } from '../source-errors.js';
import { openS3Client } from './open-s3-client.js';

export function createS3Source(settings: S3SourceSettings): DocumentSource {
  const { s3, maxFileBytes } = settings;
  const place = `s3://${s3.bucket}/${s3.prefix}`;
  const included = createGlobMatcher(settings.include);
  const excluded = createGlobMatcher(settings.exclude);
  const isWanted = (key: string) => {
    const parts = key.split('/');
    if (parts.some((_, index) => excluded.matches(parts.slice(0, index + 1).join('/')))) return false;
    return settings.include.length === 0 || included.matches(key);
  };
  const opened = new Lazy(() => openS3Client(s3));

  async function listPage(token: string | undefined, signal: AbortSignal): Promise<ListObjectsV2CommandOutput> {
    const { library, client } = await opened.get();
    const prefix = s3.prefix === '' ? {} : { Prefix: s3.prefix };
    const next = token === undefined ? {} : { ContinuationToken: token };
    // Else the XML of the answer could not hold every key.
    const command = new library.ListObjectsV2Command({ Bucket: s3.bucket, EncodingType: 'url', ...prefix, ...next });
    return await client.send(command, { abortSignal: signal });
  }

  return {
    async *scan(signal) {
      let token: string | undefined;
      for (let pages = 0; ; pages++) {
        throwIfAborted(signal);
        let page: ListObjectsV2CommandOutput;
        try {
          page = await listPage(token, signal);
        } catch (error) {
          throwIfAborted(signal);
          if (pages === 0) throw refused(place, error);
          yield unknownRest(place, refused(place, error));
          return;
        }
        for (const object of page.Contents ?? []) {
          const finding = toFinding(object, s3.bucket, page.EncodingType === 'url', isWanted);
          if (finding !== undefined) yield finding;
        }
        if (page.IsTruncated !== true) return;
        const next = page.NextContinuationToken;
        if (next === undefined || next === token) {
          yield unknownRest(place, cut(place));
          return;
        }
        token = next;
      }
    },

    async read(document, knownVersion, signal) {
      if (document.bytes > maxFileBytes) throw tooLarge(document, document.bytes, maxFileBytes);
      try {
        const { library, client } = await opened.get();
        const condition = knownVersion.startsWith('"') ? { IfNoneMatch: knownVersion } : {};
        const command = new library.GetObjectCommand({ Bucket: s3.bucket, Key: document.id, ...condition });
        const {
          Body: body,
          ContentLength: length = 0,
          ContentType: type,
          ETag: etag,
        } = await client.send(command, { abortSignal: signal });
        if (!(body instanceof Readable)) throw new AppError('DOCUMENT_SOURCE_UNREADABLE', { message: `'${document.path}' has no content` });
        if (length > maxFileBytes) {
          body.destroy();
          throw tooLarge(document, length, maxFileBytes);
        }
        const bytes = await readBounded(body, document, maxFileBytes, signal);
        return { bytes, ...mediaTypeOf(document, type), ...(etag === undefined ? {} : { version: etag }) };
      } catch (error) {
        throwIfAborted(signal);
        if (statusOf(error) === 304) return 'unchanged';
        throw error instanceof AppError ? error : refused(document.path, error);
      }
    },

    async close() {
      await opened.close(({ client }) => client.destroy());
    },
  };
}

function toFinding(
  object: ListedObject,
  bucket: string,
  isEncoded: boolean,
  isWanted: (key: string) => boolean,
): SourceFinding | undefined {
  const { Key: listed = '', Size: bytes = 0, ETag: version = '', LastModified: modified, StorageClass: storage = '' } = object;
  const key = isEncoded ? decodeURIComponent(listed.replaceAll('+', ' ')) : listed;
  // Folders are objects without content in some tools.
  if (key === '' || key.endsWith('/') || !isWanted(key)) return undefined;
  const path = `s3://${bucket}/${key}`;
  if (ARCHIVED.has(storage)) return documentProblem(key, path, archived(path, storage));
  const name = key.slice(key.lastIndexOf('/') + 1);
  return { type: 'document', document: { id: key, name, path, bytes, modifiedAt: modified?.getTime() ?? 0, version, metadata: {} } };
}

async function readBounded(
  body: Readable,
  document: SourceDocument,
  maxBytes: number,
  signal: AbortSignal,
): Promise<SourceContent['bytes']> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const onAbort = () => body.destroy(signal.reason instanceof Error ? signal.reason : undefined);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    for await (const part of body as AsyncIterable<Uint8Array>) {
      length += part.length;
      // Leaving the loop destroys the stream.
      if (length > maxBytes) throw tooLarge(document, length, maxBytes);
      parts.push(part);
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** What uploads say of themselves is often a guess; a name's extension is better, where there is one. */
function mediaTypeOf({ name }: SourceDocument, type: string | undefined): Pick<SourceContent, 'mediaType'> {
  const isTold = type !== undefined && !type.endsWith('/octet-stream');
  return isTold && !/\.[A-Za-z0-9]{1,10}$/.test(name) ? { mediaType: type } : {};
}

function statusOf(error: unknown): number | undefined {
  const metadata: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, '$metadata') : undefined;
  const status: unknown = typeof metadata === 'object' && metadata !== null ? Reflect.get(metadata, 'httpStatusCode') : undefined;
  return typeof status === 'number' ? status : undefined;
}

function refused(path: string, cause: unknown): AppError {
  const status = statusOf(cause);
  const name = cause instanceof Error && cause.name !== 'Error' ? `${cause.name}: ` : '';
  const cure = status === 401 || status === 403 ? 'check source.s3.access_key and secret_key, and what they may read' : 'check source.s3';
  return new AppError('DOCUMENT_SOURCE_UNREADABLE', {
    message: `'${path}' cannot be read (${name}${describeError(cause)}); ${cure}`,
    cause,
    ...(status === undefined ? {} : { details: { status } }),
  });
}

function archived(path: string, storage: string): AppError {
  return new AppError('DOCUMENT_SOURCE_UNREADABLE', {
    message: `'${path}' lies in storage class ${storage}; restore it, or leave it out with source.exclude`,
  });
}

function cut(path: string): AppError {
  return new AppError('DOCUMENT_SOURCE_UNREADABLE', {
    message: `The listing of '${path}' ended before its end, so nothing is taken as deleted: the service gave no further continuation token`,
  });
}

const ARCHIVED: ReadonlySet<string> = new Set(['GLACIER', 'DEEP_ARCHIVE']);
