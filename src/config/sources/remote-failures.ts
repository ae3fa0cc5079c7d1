/** What goes wrong between here and a service that holds a configuration, in words that say what to change. */
import { AppError, describeError, hasCode } from '../../base/errors.js';
import { describeVariables, formatAddress, formatRemotePlace, type RemoteAddress, type RemotePlace } from './remote-place.js';

/** The next address may do better. */
export function unreachable(place: RemotePlace, address: RemoteAddress, error: unknown): AppError {
  const tls = (error as { readonly code?: unknown }).code;
  const hint = place.tls === undefined || typeof tls !== 'string' || !/CERT|SSL|TLS|SIGNATURE/.test(tls) ? '' : '; see config.tls';
  return new AppError('CONFIG_SOURCE_UNAVAILABLE', {
    message: `${place.provider} at ${formatAddress(address)} cannot be reached (${clean(describeError(error), place)})${hint}`,
  });
}

export function unavailable(place: RemotePlace, address: RemoteAddress, said: string): AppError {
  return new AppError('CONFIG_SOURCE_UNAVAILABLE', {
    message: `${place.provider} at ${formatAddress(address)} cannot answer now: ${clean(said, place)}`,
  });
}

export function refused(place: RemotePlace, wish: 'read' | 'write', said: string): AppError {
  return new AppError(wish === 'read' ? 'CONFIG_UNREADABLE' : 'CONFIG_NOT_WRITABLE', {
    message: `${place.provider} does not let us ${wish} ${formatRemotePlace(place)} (${clean(said, place)}); set ${describeVariables(place.provider)}, with the right to ${wish} this key`,
  });
}

/** A key that the service does not allow, such as one in `.json` in newer Consuls. */
export function notTaken(place: RemotePlace, said: string): AppError {
  return new AppError('CONFIG_UNREADABLE', {
    message: `${place.provider} does not take the request for ${formatRemotePlace(place)}: ${clean(said, place)}`,
  });
}

export function tooLarge(place: RemotePlace, wish: 'read' | 'write'): AppError {
  const message =
    wish === 'read'
      ? `${formatRemotePlace(place)} is larger than 1 MiB, the limit for a configuration`
      : `the text is too large for ${formatRemotePlace(place)}`;
  return new AppError(wish === 'read' ? 'CONFIG_UNREADABLE' : 'CONFIG_NOT_WRITABLE', { message });
}

/** At the first address that can be reached; the one that answered last comes first the next time. */
export function createRotation(place: RemotePlace) {
  let order = place.addresses;
  return async <T>(signal: AbortSignal, run: (address: RemoteAddress) => Promise<T>): Promise<T> => {
    let failure: unknown;
    for (const address of order) {
      try {
        const result = await run(address);
        order = [address, ...place.addresses.filter((other) => other !== address)];
        return result;
      } catch (error) {
        if (signal.aborted || !hasCode(error, 'CONFIG_SOURCE_UNAVAILABLE')) throw error;
        failure = error;
      }
    }
    throw failure;
  };
}

/** One short line, without what we identified ourselves by. */
function clean(said: string, { token, password }: RemotePlace): string {
  const line = said.replaceAll(/[^\x20-\x7e]+/g, ' ').trim();
  const hidden = [token, password].filter((secret) => secret !== '').reduce((text, secret) => text.replaceAll(secret, '***'), line);
  return hidden === '' ? 'no reason given' : hidden.slice(0, 200);
}
