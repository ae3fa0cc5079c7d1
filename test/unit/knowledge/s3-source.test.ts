import t, { type Test } from 'tap';
import { systemClock } from '../../../src/base/clock.js';
import type { S3SourceSettings } from '../../../src/config/settings.js';
import { createSource } from '../../../src/knowledge/sources/create-source.js';
import { etagOf, startS3Peer } from '../../support/peers/s3-peer.js';
import { readScan, readText } from '../../support/read-scan.js';
import { s3Settings } from '../../support/source-worlds/s3-world.js';

async function openBucket(t: Test) {
  const bucket = await startS3Peer(t, 2);
  const open = (s3: Partial<S3SourceSettings['s3']> = {}, changed: Partial<S3SourceSettings> = {}) => {
    const source = createSource({ ...s3Settings(bucket, s3), ...changed }, { store: 'docs', clock: systemClock });
    t.teardown(() => source.close?.());
    return source;
  };
  return { bucket, open };
}

t.test('keys are listed over pages as they are, below the prefix, without folders and what is left out (RAG-08)', async (t) => {
  const { bucket, open } = await openBucket(t);
  const keys = ['in/a b+c.txt', 'in/ä&<x>%41.txt', 'in/line\u0001end.txt', 'in/zz.txt'];
  for (const key of [...keys, 'in/', 'in/sub/', 'in/.hidden/x.txt', 'in/picture.png', 'out/x.txt'])
    bucket.objects.set(key, { body: Buffer.from(`text of ${key}`) });
  const source = open({ prefix: 'in/' });
  const { documents, problems } = await readScan(source, SIGNAL);
  t.same(problems, []);
  t.same(documents.map(({ id }) => id).sort(), [...keys].sort());
  for (const document of documents) {
    t.equal(await readText(source, document, SIGNAL), `text of ${document.id}`);
    t.equal(document.version, etagOf(bucket.objects.get(document.id) as never));
  }
});

t.test('an object is asked for on the condition that it has changed, and never beyond its limit', async (t) => {
  const { bucket, open } = await openBucket(t);
  bucket.objects.set('a.txt', { body: Buffer.from('first') });
  bucket.objects.set('large.txt', { body: Buffer.alloc(5_000, 'x') });
  bucket.objects.set('notes', { body: Buffer.from('# typed'), type: 'text/markdown' });
  const source = open({}, { include: [] });
  const { documents } = await readScan(source, SIGNAL);
  const [first, large, notes] = documents as [(typeof documents)[number], (typeof documents)[number], (typeof documents)[number]];
  t.equal(await source.read(first, first.version, SIGNAL), 'unchanged');
  t.equal(bucket.contents, 0);
  await t.rejects(source.read(large, '', SIGNAL), { code: 'DOCUMENT_TOO_LARGE', message: /5000 bytes/ });
  t.equal(bucket.contents, 0, 'its size was listed');
  await t.rejects(source.read({ ...first, id: 'large.txt' }, '', SIGNAL), { code: 'DOCUMENT_TOO_LARGE' }, 'grown since');
  t.match(await source.read(notes, '', SIGNAL), { mediaType: 'text/markdown' });
  bucket.objects.set('a.txt', { body: Buffer.from('second') });
  const changed = await source.read(first, first.version, SIGNAL);
  t.match(changed, { version: etagOf({ body: Buffer.from('second') }) });
  bucket.objects.delete('a.txt');
  await t.rejects(source.read(first, '', SIGNAL), { code: 'DOCUMENT_SOURCE_UNREADABLE', message: /NoSuchKey/ });
});

t.test('what the service refuses is an error that tells what to change; what lies in an archive fails alone', async (t) => {
  const { bucket, open } = await openBucket(t);
  for (const key of ['a.txt', 'b.txt'])
    bucket.objects.set(key, { body: Buffer.from(key), ...(key === 'a.txt' ? { storage: 'GLACIER' } : {}) });
  const { documents, problems } = await readScan(open(), SIGNAL);
  t.match(documents, [{ id: 'b.txt' }]);
  t.match(problems, [{ id: 'a.txt', isFolder: false, error: { message: /GLACIER.*restore it/ } }]);
  for (const [s3, message] of [
    [{ accessKey: 'other' }, /InvalidAccessKeyId.*source\.s3\.access_key/],
    [{ bucket: 'nowhere' }, /NoSuchBucket/],
    [{ endpoint: 'http://127.0.0.1:1' }, /ECONNREFUSED/],
  ] as const) {
    const refused = readScan(open(s3), SIGNAL);
    await t.rejects(refused, { code: 'DOCUMENT_SOURCE_UNREADABLE', message });
    await refused.catch((error: Error) => t.notMatch(error.message, /secret\b(?!_key)/));
  }
});

const SIGNAL = new AbortController().signal;
