/**
 * The certificate that this server shows to clients, and whose certificates it wants of them (`server.tls`).
 *
 * Owns: what was read of the files last, and looking whether they have changed. Does not own: sockets; who listens takes each new one over for
 * the connections that come then. Files that do not fit together, as in the middle of being replaced, change nothing.
 */
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { CancelTimer, Clock } from '../base/clock.js';
import { AppError, describeError } from '../base/errors.js';
import type { TlsSettings } from '../config/settings.js';
import type { Logger } from '../observe/log.js';

export interface CertificateFiles {
  /** With those between it and its authority. */
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Whose certificates clients must show; left out: none are wanted. */
  readonly ca?: Buffer;
}

export interface CertificatesOptions {
  readonly settings: TlsSettings;
  readonly clock: Clock;
  readonly log: Logger;
}

export class Certificates {
  readonly #options: CertificatesOptions;
  readonly #listeners = new Set<(files: CertificateFiles) => void>();
  readonly #stopTimer: CancelTimer;
  #current: CertificateFiles;
  #refused = '';
  #looking = false;

  private constructor(current: CertificateFiles, options: CertificatesOptions) {
    this.#current = current;
    this.#options = options;
    const { reloadIntervalMs } = options.settings;
    this.#stopTimer = reloadIntervalMs === 0 ? () => {} : options.clock.every(reloadIntervalMs, () => void this.#look());
  }

  /** @throws AppError `TLS_FILE_UNUSABLE`. */
  static async open(options: CertificatesOptions): Promise<Certificates> {
    return new Certificates(await read(options.settings), options);
  }

  get current(): CertificateFiles {
    return this.#current;
  }

  get minVersion(): TlsSettings['minVersion'] {
    return this.#options.settings.minVersion;
  }

  /** Calls with each new one; what is returned ends that. */
  onChange(run: (files: CertificateFiles) => void): () => void {
    this.#listeners.add(run);
    return () => this.#listeners.delete(run);
  }

  /** Looks no more. May be called twice. */
  close(): void {
    this.#stopTimer();
    this.#listeners.clear();
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    const { settings, log } = this.#options;
    if (this.#looking) return;
    this.#looking = true;
    try {
      const files = await read(settings);
      this.#refused = '';
      if (isSame(files, this.#current)) return;
      this.#current = files;
      for (const listener of [...this.#listeners]) listener(files);
      log.info({ file: settings.certFile }, 'new connections are shown the new certificate');
    } catch (error) {
      const reason = describeError(error);
      if (reason !== this.#refused) log.warn({ reason }, 'the certificate of before is shown: its files have changed and cannot be used');
      this.#refused = reason;
    } finally {
      this.#looking = false;
    }
  }
}

/** `undefined`: connections are not encrypted. @throws AppError `TLS_FILE_UNUSABLE`. */
export async function findCertificates(
  settings: TlsSettings,
  { clock, log, closers }: Pick<CertificatesOptions, 'clock' | 'log'> & { readonly closers: { add(close: () => Promise<void>): void } },
): Promise<Certificates | undefined> {
  if (!settings.enabled) return undefined;
  const certificates = await Certificates.open({ settings, clock, log });
  closers.add(async () => certificates.close());
  return certificates;
}

async function read({ certFile, keyFile, clientCaFile }: TlsSettings): Promise<CertificateFiles> {
  const [cert, key, ca] = await Promise.all([
    readOne('cert_file', certFile),
    readOne('key_file', keyFile),
    clientCaFile === '' ? undefined : readOne('client_ca_file', clientCaFile),
  ]);
  const files = { cert, key, ...(ca === undefined ? {} : { ca }) };
  try {
    createSecureContext(files);
  } catch (cause) {
    throw new AppError('TLS_FILE_UNUSABLE', {
      message: `server.tls: ${certFile} and ${keyFile} cannot be used together: they must be PEM, and the key that of the certificate`,
      cause,
    });
  }
  return files;
}

async function readOne(key: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new AppError('TLS_FILE_UNUSABLE', { message: `server.tls.${key}: ${path} cannot be read`, cause });
  }
}

function isSame(one: CertificateFiles, other: CertificateFiles): boolean {
  const { ca = NONE } = one;
  return one.cert.equals(other.cert) && one.key.equals(other.key) && ca.equals(other.ca ?? NONE);
}

const NONE = Buffer.alloc(0);
