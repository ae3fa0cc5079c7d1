import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { AppError } from '../../base/errors.js';

/** Streams without creation (`XADD NOMKSTREAM`) and what BullMQ recommends. */
export const MINIMUM_REDIS_VERSION = '6.2.0';

/** The first program that runs and is new enough: `binary`, or when it is '' `redis-server`, then `valkey-server` on the PATH. */
export async function findRedisBinary(binary: string, signal?: AbortSignal): Promise<string> {
  const candidates = binary === '' ? ['redis-server', 'valkey-server'] : [binary];
  const tooOld: string[] = [];
  let cause: unknown;
  for (const candidate of candidates) {
    try {
      const { stdout } = await promisify(execFile)(candidate, ['--version'], { timeout: 5_000, signal });
      const version = / v=(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
      if (version === undefined || !isOlder(version, MINIMUM_REDIS_VERSION)) return candidate;
      tooOld.push(`${candidate} is ${version}`);
    } catch (error) {
      cause = error;
    }
  }
  signal?.throwIfAborted();
  const found =
    tooOld.length > 0
      ? `${tooOld.join(', ')}; Hector needs ${MINIMUM_REDIS_VERSION} or newer`
      : `No ${candidates.join(' or ')} could be run`;
  throw new AppError('REDIS_BINARY_NOT_FOUND', {
    message: `${found}. Install it (Debian, Ubuntu: \`apt-get install redis-server\`; macOS: \`brew install redis\`), or set \`redis.url\` to a Redis of your own`,
    cause,
  });
}

export function isOlder(version: string, minimum: string): boolean {
  return version.localeCompare(minimum, 'en', { numeric: true }) < 0;
}
