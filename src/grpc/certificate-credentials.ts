import { ServerCredentials } from '@grpc/grpc-js';
import type { CertificateFiles, Certificates } from '../access/certificates.js';

/** TLS with a certificate that may be replaced; the library's own kind reads it once, or reads files by timers of its own. */
export class CertificateCredentials extends ServerCredentials {
  constructor(certificates: Certificates) {
    const { current, minVersion } = certificates;
    const wantsClients = current.ca !== undefined;
    // With every context: one without it would take the oldest version that node takes.
    const contextOf = ({ cert, key, ca }: CertificateFiles) =>
      ({ cert, key, ...(ca === undefined ? {} : { ca }), minVersion: `TLSv${minVersion}` }) as const;
    super({ requestCert: wantsClients, rejectUnauthorized: wantsClients }, contextOf(current));
    certificates.onChange((files) => this.updateSecureContextOptions(contextOf(files)));
  }

  override _equals(other: ServerCredentials): boolean {
    return other === this;
  }
}
