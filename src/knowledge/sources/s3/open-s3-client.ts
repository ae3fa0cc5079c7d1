import type { S3Client } from '@aws-sdk/client-s3';
import type { S3Settings } from '../../../config/source-settings.js';

export type S3Library = typeof import('@aws-sdk/client-s3');

export interface OpenedS3 {
  readonly library: S3Library;
  readonly client: S3Client;
}

/** The library is loaded with the first one. */
export async function openS3Client(s3: S3Settings): Promise<OpenedS3> {
  const library = await import('@aws-sdk/client-s3');
  const { region, endpoint, pathStyle, accessKey, secretKey, sessionToken, timeoutMs, maxRetries } = s3;
  const session = sessionToken === '' ? {} : { sessionToken };
  const client = new library.S3Client({
    region,
    forcePathStyle: pathStyle,
    maxAttempts: maxRetries + 1,
    requestHandler: { connectionTimeout: Math.min(timeoutMs, 10_000), requestTimeout: timeoutMs, socketTimeout: timeoutMs },
    // Services beside Amazon know none of the newer checksums.
    ...{ requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' },
    ...(endpoint === '' ? {} : { endpoint }),
    ...(accessKey === '' ? {} : { credentials: { accessKeyId: accessKey, secretAccessKey: secretKey, ...session } }),
  });
  return { library, client };
}
