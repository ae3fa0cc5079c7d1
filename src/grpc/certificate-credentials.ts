import { ServerCredentials } from '@grpc/grpc-js';
import type { CertificateFiles, Certificates } from '../access/certificates.js';

/** TLS with a certificate that may be replaced; the library's own kind reads it once, or reads files by timers of its own. */
export class CertificateCredentials extends ServerCredentials {
  constructor(certificates: Certificates) {
    const { current, minVersion } = certificates;
    const wantsClients = current.ca !== undefined;
    super({ requestCert: wantsClients, rejectUnauthorized: wantsClients, minVersion: `TLSv${minVersion}` }, contextOf(current));
    certificates.onChange((files) => this.updateSecureContextOptions(contextOf(files)));
  }

  override _equals(other: ServerCredentials): boolean {
    return other === this;
  }
}

function contextOf({ cert, key, ca }: CertificateFiles) {
  return { cert, key, ...(ca === undefined ? {} : { ca }) };
}
