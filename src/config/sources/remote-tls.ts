import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { rootCertificates, type SecureContextOptions } from 'node:tls';
import { AppError } from '../../base/errors.js';
import type { RemoteAddress, RemotePlace } from './remote-place.js';

/**
 * The files are read with every connection: certificates are renewed while a process runs. There is no way to leave the check out, as who
 * gives the configuration decides what this machine runs. @throws AppError `CONFIG_UNREADABLE`
 */
export function tlsOptions({ tls }: RemotePlace, { host }: RemoteAddress): SecureContextOptions & { readonly servername?: string } {
  if (tls === undefined) return {};
  const { caCertificate, certFile, keyFile } = tls;
  return {
    ...(caCertificate === '' ? {} : { ca: [...rootCertificates, read('ca_certificate', caCertificate)] }),
    ...(certFile === '' ? {} : { cert: read('cert_file', certFile) }),
    ...(keyFile === '' ? {} : { key: read('key_file', keyFile) }),
    ...(isIP(host) === 0 ? { servername: host } : {}),
  };
}

function read(key: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code = 'no reason' } = error as NodeJS.ErrnoException;
    throw new AppError('CONFIG_UNREADABLE', { message: `config.tls.${key}: ${file} cannot be read (${code})`, cause: error });
  }
}
