/** `server.tls` (CFG-81). */
import { resolve } from 'node:path';
import { choice, duration, flag, type Static, section, text } from '../schema-builder.js';
import type { TlsSettings } from '../settings.js';

export const TlsSchema = section(
  {
    enabled: flag('HTTP and gRPC are encrypted here, not by a proxy in front. HTTP is then served by node:http.', { default: false }),
    cert_file: text('PEM file with the certificate, and those between it and its authority.', { default: '' }),
    key_file: text('PEM file with its private key.', { default: '' }),
    client_ca_file: text('PEM file of authorities: every client must show a certificate of theirs. Empty: none is wanted.', {
      default: '',
    }),
    min_version: choice(['1.2', '1.3'], 'Oldest version of TLS.', { default: '1.2' }),
    reload_interval: duration('How often the files are looked at for a new certificate; 0 is never.', {
      default: 10_000,
      maximum: 86_400_000,
    }),
  },
  'Encryption of what clients send and get.',
);

export function resolveTls(tls: Static<typeof TlsSchema>, workingDirectory: string): TlsSettings {
  const fileOf = (path: string) => (path === '' ? '' : resolve(workingDirectory, path));
  return {
    enabled: tls.enabled,
    certFile: fileOf(tls.cert_file),
    keyFile: fileOf(tls.key_file),
    clientCaFile: fileOf(tls.client_ca_file),
    minVersion: tls.min_version,
    reloadIntervalMs: tls.reload_interval,
  };
}
