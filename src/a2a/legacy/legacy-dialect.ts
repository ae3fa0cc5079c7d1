/** How callers of A2A 0.3 tell their version and their extensions. */
import { AppError } from '../../base/errors.js';
import type { Dialect } from '../dialect.js';
import { activeExtensions, extensionHeaders } from '../extensions.js';
import { readVersion } from '../service-parameters.js';

/** The name of 0.3 and the one that came after it: clients of either may be behind a proxy that writes the other. */
const EXTENSIONS_HEADERS: readonly string[] = ['x-a2a-extensions', 'a2a-extensions'];

export const LEGACY_DIALECT: Dialect = {
  wireVersion: '0.3',
  /** The name of the method or the path has told the version already, so only a header that no version of ours fits is refused. */
  assertVersion(headers, query) {
    const version = readVersion(headers, query);
    if (isLegacyVersion(version) || /^1\.0(\.\d+)?$/.test(version)) return;
    throw new AppError('VERSION_NOT_SUPPORTED', {
      message: `The protocol version is not supported: this agent speaks 1.0 and 0.3 (not '${version.slice(0, 40)}')`,
    });
  },
  activeExtensions: (headers, agent) => activeExtensions(headers, agent, EXTENSIONS_HEADERS),
  extensionHeaders: (active) => extensionHeaders(active, EXTENSIONS_HEADERS),
};

/** V3, V4: 0.3 knows no such header, so none means 0.3. */
export function isLegacyVersion(version: string): boolean {
  return version === '' || /^0\.3(\.\d+)?$/.test(version);
}
