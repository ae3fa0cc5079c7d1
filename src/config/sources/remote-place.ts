/** Where a configuration lies that is no file of this machine (CFG-10), and how it is reached. */
import { AppError } from '../../base/errors.js';
import type { Environment } from '../environment.js';

export type RemoteProvider = 'consul' | 'etcd' | 'zookeeper';

export interface RemoteAddress {
  /** Without the brackets of IPv6. */
  readonly host: string;
  readonly port: number;
}

/** Absolute paths; '' = none. */
export interface RemoteTls {
  readonly caCertificate: string;
  readonly certFile: string;
  readonly keyFile: string;
}

export interface RemotePlace {
  readonly provider: RemoteProvider;
  /** At least one; they are tried in this order. */
  readonly addresses: readonly RemoteAddress[];
  readonly key: string;
  /** `undefined`: nothing is encrypted. */
  readonly tls: RemoteTls | undefined;
  readonly token: string;
  readonly username: string;
  readonly password: string;
  /** Of one request. */
  readonly timeoutMs: number;
}

export const DEFAULT_TIMEOUT_MS = 5_000;

/** Whether that is an address and no path. */
export function isRemoteName(name: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(name);
}

/**
 * `consul://host:port/key`, `etcd://…`, `zookeeper://…`; several hosts with commas, `consul+tls://` encrypted. What follows the first `/`
 * is the key. Credentials come from variables alone: what stands in a command line is seen by every user of the machine.
 * @throws AppError `CONFIG_INVALID`
 */
export function parseRemoteName(name: string, environment: Environment): RemotePlace {
  const [, scheme = '', authority = '', key = ''] = /^([^:]*):\/\/([^/]*)\/?([\s\S]*)$/.exec(name) ?? [];
  const [provider = '', tls, ...rest] = scheme.toLowerCase().split('+');
  if (!isProvider(provider) || (tls !== undefined && tls !== 'tls') || rest.length > 0)
    throw new AppError('CONFIG_INVALID', {
      message: `there is no configuration at '${scheme}://'; wanted a file, or ${PROVIDERS.map((known) => `${known}://host/key`).join(', ')} (encrypted: ${PROVIDERS[0]}+tls://)`,
    });
  if (authority.includes('@'))
    throw new AppError('CONFIG_INVALID', {
      message: `the ${scheme}:// address of the configuration holds credentials; leave them out and set ${describeVariables(provider)}`,
    });
  const addresses = authority.split(',').map((text) => findAddress(text, provider, tls !== undefined));
  const bad = addresses.indexOf(undefined);
  if (bad !== -1 || key === '')
    throw new AppError('CONFIG_INVALID', {
      message: `the address of the configuration ${bad === -1 ? 'names no key' : `has '${authority.split(',')[bad]}' for a host`}; wanted ${scheme}://host:port/key`,
    });
  return {
    provider,
    addresses: addresses as readonly RemoteAddress[],
    key: normaliseKey(provider, key),
    tls: tls === undefined ? undefined : { caCertificate: '', certFile: '', keyFile: '' },
    ...findCredentials(provider, environment),
    timeoutMs: DEFAULT_TIMEOUT_MS,
  };
}

/** `host:port` or `host`; `undefined`: it is neither. */
export function findAddress(text: string, provider: RemoteProvider, isEncrypted: boolean): RemoteAddress | undefined {
  if (!/^[^@/?#\s\\]+$/.test(text) || !URL.canParse(`ws://${text}`)) return undefined;
  const { hostname } = new URL(`ws://${text}`);
  const port = /:(\d+)$/.exec(text)?.[1];
  const usual = PORTS[provider];
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === undefined ? usual[isEncrypted ? 1 : 0] : Number(port) };
}

/** What the place itself does not say. */
export function findCredentials(provider: RemoteProvider, environment: Environment) {
  const token = environment.HECTOR_CONFIG_TOKEN || (provider === 'consul' ? environment.CONSUL_HTTP_TOKEN : undefined) || '';
  return { token, username: environment.HECTOR_CONFIG_USERNAME || '', password: environment.HECTOR_CONFIG_PASSWORD || '' };
}

export function describeVariables(provider: RemoteProvider): string {
  return provider === 'consul' ? 'HECTOR_CONFIG_TOKEN or CONSUL_HTTP_TOKEN' : 'HECTOR_CONFIG_USERNAME and HECTOR_CONFIG_PASSWORD';
}

/** Paths of ZooKeeper begin with a slash, keys of Consul never do; in etcd `a` and `/a` are two keys. */
export function normaliseKey(provider: RemoteProvider, key: string): string {
  if (provider === 'etcd') return key;
  const bare = key.replace(/^\/+|\/+$/g, '');
  return provider === 'zookeeper' ? `/${bare}` : bare;
}

/** For people, and as the name of its text. */
export function formatRemotePlace({ provider, addresses, key, tls }: RemotePlace): string {
  const hosts = addresses.map((address) => formatAddress(address)).join(',');
  return `${provider}${tls === undefined ? '' : '+tls'}://${hosts}/${provider === 'zookeeper' ? key.slice(1) : key}`;
}

export function formatAddress({ host, port }: RemoteAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function isProvider(name: string): name is RemoteProvider {
  return (PROVIDERS as readonly string[]).includes(name);
}

const PROVIDERS: readonly RemoteProvider[] = ['consul', 'etcd', 'zookeeper'];
/** In the clear, encrypted. */
const PORTS: Readonly<Record<RemoteProvider, readonly [number, number]>> = {
  consul: [8500, 8501],
  etcd: [2379, 2379],
  zookeeper: [2181, 2281],
};
