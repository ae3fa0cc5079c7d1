import type { S3SourceSettings } from '../../../src/config/settings.js';
import { S3_ACCESS_KEY, S3_BUCKET, type S3Peer, startS3Peer } from '../peers/s3-peer.js';
import { MAX_DOCUMENT_BYTES, type OpenWorld } from './source-world.js';

export function s3Settings({ peer }: S3Peer, changed: Partial<S3SourceSettings['s3']> = {}): S3SourceSettings {
  const keys = { accessKey: S3_ACCESS_KEY, secretKey: 'secret', sessionToken: '' };
  const place = { bucket: S3_BUCKET, prefix: '', region: 'us-east-1', endpoint: peer.url, pathStyle: true };
  const s3 = { ...place, ...keys, timeoutMs: 10_000, maxRetries: 0, ...changed };
  return { type: 's3', s3, include: ['*.txt'], exclude: ['.*'], maxFileBytes: MAX_DOCUMENT_BYTES };
}

export const openS3World: OpenWorld = async (t) => {
  const s3 = await startS3Peer(t, 3);
  const keyOf = (name: string) => `docs/${name}.txt`;
  return {
    settings: s3Settings(s3, { prefix: 'docs/' }),
    id: keyOf,
    put: (name, text) => {
      s3.denied.delete(keyOf(name));
      s3.objects.set(keyOf(name), { body: Buffer.from(text) });
    },
    remove: (name) => s3.objects.delete(keyOf(name)),
    // Readable before, so that its listing tells of a change.
    spoil: (name) => {
      s3.objects.set(keyOf(name), { body: Buffer.from('other') });
      s3.denied.add(keyOf(name));
    },
    breakListing: (isBroken) => {
      s3.isBroken = isBroken;
    },
    countContents: () => s3.contents,
    async fallSilent() {
      let speak = () => {};
      s3.silence = new Promise((resolve) => {
        speak = resolve;
      });
      return async () => {
        s3.silence = undefined;
        speak();
      };
    },
  };
};
