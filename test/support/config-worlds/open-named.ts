import type { Clock } from '../../../src/base/clock.js';
import { systemClock } from '../../../src/base/clock.js';
import type { ConfigSource } from '../../../src/config/sources/config-source.js';
import { openConfigSource } from '../../../src/config/sources/open-config-source.js';

/** As `--config` names it, in a folder that holds nothing. */
export async function openNamed(
  folder: string,
  named: string,
  environment: Readonly<Record<string, string>> = {},
  clock: Clock = systemClock,
): Promise<ConfigSource> {
  const source = await openConfigSource(named, { environment: { HOME: folder, ...environment }, workingDirectory: folder, clock });
  if (source === undefined) throw new Error(`${named} names nothing`);
  return source;
}
