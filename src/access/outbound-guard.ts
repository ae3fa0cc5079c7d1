/**
 * Keeps requests that somebody else chose the address of from reaching what only this machine can reach (P10).
 *
 * - G1 Every address that a name resolves to must be allowed, not only the one that is taken.
 * - G2 What was checked is what is connected to: `lookup` does both, and nobody asks DNS again in between.
 * - G3 Node asks no `lookup` for a host that is an address; `assertHost` must come before every request, at each hop.
 */
import type { LookupAddress, LookupOptions } from 'node:dns';
import { lookup as resolveName } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { untilAborted } from '../base/abort.js';
import { AppError } from '../base/errors.js';
import { AddressAllowance, isPublicAddress } from './address-rules.js';

export type ResolveHost = (host: string) => Promise<readonly LookupAddress[]>;

export interface OutboundGuardOptions {
  /** Host names, addresses, networks, or `*`, that are allowed although they are not public. */
  readonly allowPrivate: readonly string[];
  /** Where the list stands in the configuration, for messages. */
  readonly keyPath: string;
  /** Default: as the system resolves names. */
  readonly resolve?: ResolveHost;
}

export interface OutboundGuard {
  /** Resolves the host of a URL. @throws AppError `ADDRESS_NOT_ALLOWED`, or what DNS answers. */
  assertHost(url: URL, signal: AbortSignal): Promise<void>;
  /** For `http.request`: gives checked addresses only. */
  readonly lookup: LookupFunction;
}

export function createOutboundGuard({ allowPrivate, keyPath, resolve = resolveAll }: OutboundGuardOptions): OutboundGuard {
  const allowance = new AddressAllowance(allowPrivate);

  async function getAddresses(host: string): Promise<readonly LookupAddress[]> {
    const family = isIP(host);
    const addresses = family === 0 ? await resolve(host) : [{ address: host, family }];
    const isAllowed = ({ address }: LookupAddress) => isPublicAddress(address) || allowance.allowsAddress(address);
    if (addresses.length > 0 && (allowance.allowsHost(host) || addresses.every(isAllowed))) return addresses;
    // Which address it is stays here: an answer would map the inside of the network for whoever asks.
    throw new AppError('ADDRESS_NOT_ALLOWED', { message: `'${host}' is not a public address, and ${keyPath} does not list it` });
  }

  return {
    async assertHost(url, signal) {
      await untilAborted(getAddresses(hostOf(url)), signal);
    },
    lookup(host, options, callback) {
      getAddresses(host).then(
        (addresses) => {
          const wanted = addresses.filter(({ family }) => isWanted(family, options));
          const [first] = wanted;
          if (options.all === true) callback(null, [...wanted]);
          else if (first === undefined)
            callback(new AppError('ADDRESS_NOT_ALLOWED', { message: `'${host}' has no address of that family` }), '');
          else callback(null, first.address, first.family);
        },
        (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), ''),
      );
    },
  };
}

/** Without the brackets of an IPv6 address. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

function isWanted(family: number, options: LookupOptions): boolean {
  const wanted = options.family === 'IPv4' ? 4 : options.family === 'IPv6' ? 6 : (options.family ?? 0);
  return wanted === 0 || wanted === family;
}

function resolveAll(host: string): Promise<readonly LookupAddress[]> {
  return resolveName(host, { all: true });
}
