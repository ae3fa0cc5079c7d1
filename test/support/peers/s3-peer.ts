/** A service that speaks S3's wire: ListObjectsV2 in pages, GetObject with conditions, errors as XML, signed requests only. */
import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { startWebPeer, type WebPeer, type WebPeerRequest } from '../web-peer.js';

export interface S3Object {
  readonly body: Buffer;
  readonly type?: string;
  readonly storage?: string;
}

export interface S3Peer {
  readonly peer: WebPeer;
  readonly objects: Map<string, S3Object>;
  /** Keys that nobody may read. */
  readonly denied: Set<string>;
  /** Pages of a listing behind the first one fail. */
  isBroken: boolean;
  /** Answers wait for it. */
  silence: Promise<void> | undefined;
  /** Contents that were handed out. */
  contents: number;
}

export const S3_BUCKET = 'library';
export const S3_ACCESS_KEY = 'AKIDEXAMPLE';

export async function startS3Peer(t: { teardown(run: () => unknown): unknown }, pageSize: number): Promise<S3Peer> {
  const state: Omit<S3Peer, 'peer'> = { objects: new Map(), denied: new Set(), isBroken: false, silence: undefined, contents: 0 };
  const peer = await startWebPeer(t, async (request, response) => {
    await state.silence;
    answer(state, request, response, pageSize);
  });
  return Object.assign(state, { peer });
}

export function etagOf({ body }: S3Object): string {
  return `"${createHash('md5').update(body).digest('hex')}"`;
}

function answer(state: Omit<S3Peer, 'peer'>, request: WebPeerRequest, response: ServerResponse, pageSize: number): unknown {
  const url = new URL(request.path, 'http://s3');
  const signed = `AWS4-HMAC-SHA256 Credential=${S3_ACCESS_KEY}/`;
  if (request.headers.authorization?.startsWith(signed) !== true) return refuse(response, 403, 'InvalidAccessKeyId');
  const [, bucket, ...rest] = url.pathname.split('/');
  if (bucket !== S3_BUCKET) return refuse(response, 404, 'NoSuchBucket');
  const key = rest.map(decodeURIComponent).join('/');
  if (key === '') return list(state, url.searchParams, response, pageSize);
  const object = state.objects.get(key);
  if (object === undefined) return refuse(response, 404, 'NoSuchKey');
  if (state.denied.has(key)) return refuse(response, 403, 'AccessDenied');
  const etag = etagOf(object);
  if (request.headers['if-none-match'] === etag) return response.writeHead(304, { etag }).end();
  state.contents += 1;
  response.writeHead(200, {
    etag,
    'content-type': object.type ?? 'binary/octet-stream',
    'content-length': object.body.length,
    'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT',
  });
  return response.end(object.body);
}

function list({ objects, isBroken }: Omit<S3Peer, 'peer'>, query: URLSearchParams, response: ServerResponse, pageSize: number): unknown {
  if (query.get('list-type') !== '2') return refuse(response, 400, 'InvalidArgument');
  const token = query.get('continuation-token');
  if (token !== null && isBroken) return refuse(response, 500, 'InternalError');
  const after = token === null ? '' : Buffer.from(token, 'base64url').toString();
  const prefix = query.get('prefix') ?? '';
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
  const page = keys.slice(0, pageSize);
  const isTruncated = keys.length > page.length;
  const encode = (text: string) =>
    query.get('encoding-type') === 'url' ? encodeURIComponent(text).replaceAll('%20', '+') : escapeXml(text);
  const entries = page.map((key) => {
    const object = objects.get(key) as S3Object;
    return `<Contents><Key>${encode(key)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>${escapeXml(etagOf(object))}</ETag><Size>${object.body.length}</Size><StorageClass>${object.storage ?? 'STANDARD'}</StorageClass></Contents>`;
  });
  const next = isTruncated
    ? `<NextContinuationToken>${Buffer.from(page.at(-1) as string).toString('base64url')}</NextContinuationToken>`
    : '';
  response.writeHead(200, { 'content-type': 'application/xml' });
  return response.end(
    `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>${S3_BUCKET}</Name><Prefix>${encode(prefix)}</Prefix><KeyCount>${page.length}</KeyCount><MaxKeys>${pageSize}</MaxKeys><EncodingType>${query.get('encoding-type') ?? ''}</EncodingType><IsTruncated>${isTruncated}</IsTruncated>${entries.join('')}${next}</ListBucketResult>`,
  );
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${code} it is</Message><RequestId>1</RequestId></Error>`,
  );
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
