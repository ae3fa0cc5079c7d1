/** From what a user names to the source of a configuration (CFG-10). What a provider needs is loaded when it is asked for. */
import { type Clock, systemClock } from '../../base/clock.js';
import { type Environment, listEnvironmentFiles, loadEnvironment } from '../environment.js';
import { findConfigFile } from '../find-config-file.js';
import type { ConfigSource } from './config-source.js';
import { createFileSource } from './file-source.js';
import { findConfigPlace } from './find-config-place.js';
import { isRemoteName, parseRemoteName, type RemotePlace } from './remote-place.js';
import type { RemoteStore } from './remote-store.js';

export interface OpenConfigOptions {
  /** Of the process; `.env` files are read below it. */
  readonly environment: Environment;
  readonly workingDirectory: string;
  readonly clock?: Clock;
  /** Files beside it whose change is told as well. Default: none but the `.env` files. */
  readonly alsoWatched?: readonly string[];
}

/**
 * @param named a path, or an address such as `consul://host:port/key`; `undefined`: `.hector/config.yaml`, if it is there. A file may
 * lead elsewhere by its key `config`.
 * @returns `undefined`: nothing is named, and nothing is there
 * @throws AppError `CONFIG_INVALID`, `CONFIG_UNREADABLE`
 */
export async function openConfigSource(named: string | undefined, options: OpenConfigOptions): Promise<ConfigSource | undefined> {
  const { environment, workingDirectory, clock = systemClock } = options;
  if (named !== undefined && isRemoteName(named)) {
    const place = parseRemoteName(named, loadEnvironment({ environment, workingDirectory }));
    return await openRemote(place, undefined, { ...options, clock });
  }
  const file = findConfigFile(named, workingDirectory);
  if (file === undefined) return undefined;
  const known = loadEnvironment({ environment, workingDirectory, configFile: file });
  const place = findConfigPlace(file, { environment: known, workingDirectory });
  if (typeof place === 'object') return await openRemote(place, file, { ...options, clock });
  const actual = place ?? file;
  const beside = listEnvironmentFiles({ environment, workingDirectory, configFile: actual });
  return createFileSource(actual, { alsoWatched: [...beside, ...(options.alsoWatched ?? [])], clock });
}

async function openRemote(
  place: RemotePlace,
  file: string | undefined,
  options: OpenConfigOptions & { readonly clock: Clock },
): Promise<ConfigSource> {
  const { environment, workingDirectory, clock } = options;
  const { createRemoteSource } = await import('./remote-source.js');
  const alsoWatched = listEnvironmentFiles({ environment, workingDirectory, ...(file === undefined ? {} : { configFile: file }) });
  return createRemoteSource(place, await openStore(place, clock), { file, alsoWatched, clock });
}

async function openStore(place: RemotePlace, clock: Clock): Promise<RemoteStore> {
  switch (place.provider) {
    case 'consul':
      return (await import('./consul-store.js')).createConsulStore(place);
    case 'etcd':
      return (await import('./etcd-store.js')).createEtcdStore(place);
    case 'zookeeper':
      return (await import('./zookeeper/zookeeper-store.js')).createZooKeeperStore(place, clock);
  }
}
