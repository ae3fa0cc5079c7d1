/** `document_stores.<name>.source.s3` (RAG-08). */
import { duration, flag, integer, object, type Static, text } from '../schema-builder.js';
import type { S3Settings } from '../source-settings.js';

export const S3SourceSchema = object(
  {
    bucket: text('Name of the bucket.', { minLength: 1, maxLength: 255 }),
    prefix: text('Only keys that begin so.', { default: '' }),
    region: text('Region.', { default: 'us-east-1', minLength: 1 }),
    endpoint: text('Address of a service that speaks S3, such as MinIO. Default: Amazon.', {
      default: '',
      pattern: '^(https?://.+)?$',
      'x-form': 'an address that begins with http:// or https://',
    }),
    path_style: flag('The bucket stands in the path, not in the host name, as most services but Amazon want it.', { default: false }),
    access_key: text('Default: what the AWS client finds, such as variables, a profile or a role.', { default: '' }),
    secret_key: text('Belongs to access_key.', { default: '', writeOnly: true }),
    session_token: text('Belongs to access_key, where it is temporary.', { default: '', writeOnly: true }),
    timeout: duration('Longest silence of the service.', { default: 30_000, minimum: 100 }),
    max_retries: integer('Further tries of a request.', { default: 3, minimum: 0, maximum: 20 }),
  },
  'Objects of a bucket.',
);

export function resolveS3Source(s3: Static<typeof S3SourceSchema>): S3Settings {
  return {
    bucket: s3.bucket,
    prefix: s3.prefix,
    region: s3.region,
    endpoint: s3.endpoint,
    pathStyle: s3.path_style,
    accessKey: s3.access_key,
    secretKey: s3.secret_key,
    sessionToken: s3.session_token,
    timeoutMs: s3.timeout,
    maxRetries: s3.max_retries,
  };
}
