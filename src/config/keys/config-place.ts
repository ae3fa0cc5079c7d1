/** `config`: where the configuration lies, in a file that holds nothing else (CFG-10). */
import { resolve } from 'node:path';
import { isJsonObject } from '../../base/json.js';
import type { Finding } from '../problem.js';
import { choice, duration, flag, list, object, type Static, section, text } from '../schema-builder.js';
import { DEFAULT_TIMEOUT_MS, findAddress, findCredentials, normaliseKey, type RemotePlace } from '../sources/remote-place.js';
import type { ResolveContext } from './resolve-context.js';

const TlsSchema = section(
  {
    enabled: flag('The connection is encrypted, and the certificate is checked.', { default: false }),
    ca_certificate: text('PEM file with an authority that is trusted beside the usual ones; relative to the working directory.', {
      default: '',
    }),
    cert_file: text('PEM file with a certificate of our own, for a service that wants one.', { default: '' }),
    key_file: text('PEM file with its private key.', { default: '' }),
  },
  'Transport security.',
);

export const ConfigPlaceSchema = object(
  {
    provider: choice(['file', 'consul', 'etcd', 'zookeeper'], 'What keeps the configuration.', { default: 'file' }),
    address: list(text('host:port', { minLength: 1 }), 'Where it is; several are tried one after the other.', {
      default: ['127.0.0.1'],
    }),
    key: text('Its key there; with the provider file the path, relative to the working directory.', { minLength: 1 }),
    token: text('Token of Consul or etcd. Default: the variable HECTOR_CONFIG_TOKEN, for Consul also CONSUL_HTTP_TOKEN.', {
      default: '',
      writeOnly: true,
    }),
    username: text('User of etcd or ZooKeeper. Default: the variable HECTOR_CONFIG_USERNAME.', { default: '' }),
    password: text('Their password. Default: the variable HECTOR_CONFIG_PASSWORD.', { default: '', writeOnly: true }),
    timeout: duration('How long one request may take.', { default: DEFAULT_TIMEOUT_MS, minimum: 100, maximum: 60_000 }),
    tls: TlsSchema,
  },
  'Where the configuration lies. It stands alone in a file, which Hector is started with; what is found there holds everything else.',
);

export type ConfigPlaceConfig = Static<typeof ConfigPlaceSchema>;

/** Of what was found there, or of a file that holds more: it would lead elsewhere. */
export function checkConfigPlace(document: unknown): readonly Finding[] {
  if (!isJsonObject(document) || document.config === undefined) return [];
  const description =
    'names another place of the configuration; the command line follows it from a file that holds nothing else, and it cannot stand here';
  return [{ path: ['config'], description }];
}

/** What the schema cannot see. */
export function checkAddresses({ provider, address, tls }: ConfigPlaceConfig): readonly Finding[] {
  if (provider === 'file') return [];
  const findings: Finding[] = address.flatMap((one, index) => {
    if (findAddress(bare(one), provider, tls.enabled) !== undefined) return [];
    const seen = one.includes('@') ? 'it holds credentials, which are keys of their own here' : `the value is '${one}'`;
    return [{ path: ['config', 'address', index], description: `${seen}; wanted host:port` }];
  });
  if (!isEncrypted({ address, tls }) && [tls.ca_certificate, tls.cert_file, tls.key_file].some((file) => file !== ''))
    findings.push({ path: ['config', 'tls'], description: 'names files, and nothing is encrypted; wanted enabled: true beside them' });
  return findings;
}

/** @returns absolute path of a file, or a place elsewhere */
export function resolveConfigPlace(config: ConfigPlaceConfig, { environment, workingDirectory }: Omit<ResolveContext, 'stateDirectory'>) {
  const { provider, address, key, timeout, tls } = config;
  if (provider === 'file') return resolve(workingDirectory, key);
  const encrypts = isEncrypted({ address, tls });
  const pathOf = (file: string) => (file === '' ? '' : resolve(workingDirectory, file));
  const usual = findCredentials(provider, environment);
  const place: RemotePlace = {
    provider,
    addresses: address.flatMap((one) => findAddress(bare(one), provider, encrypts) ?? []),
    key: normaliseKey(provider, key),
    tls: encrypts
      ? { caCertificate: pathOf(tls.ca_certificate), certFile: pathOf(tls.cert_file), keyFile: pathOf(tls.key_file) }
      : undefined,
    token: config.token || usual.token,
    username: config.username || usual.username,
    password: config.password || usual.password,
    timeoutMs: timeout,
  };
  return place;
}

function isEncrypted({ address, tls }: Pick<ConfigPlaceConfig, 'address' | 'tls'>): boolean {
  return tls.enabled || address.some((one) => one.startsWith('https://'));
}

/** Addresses are often copied with their protocol. */
function bare(address: string): string {
  return address.replace(/^https?:\/\//, '').replace(/\/$/, '');
}
