/** Certificates of a test's own authority. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface TestAuthority {
  readonly caPath: string;
  readonly ca: Buffer;
  /** Issues one for localhost and 127.0.0.1, and writes it to these files, the key first. */
  issue(name: string, certPath: string, keyPath: string): void;
}

/** @param folder exists, and goes with the test. */
export function createAuthority(folder: string, name = 'ca'): TestAuthority {
  const path = (file: string) => join(folder, `${name}-${file}`);
  const run = (...args: string[]) => void execFileSync('openssl', args, { stdio: 'ignore' });
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  run('req', '-x509', ...curve, '-days', '2', '-subj', `/CN=${name}`, '-keyout', path('key.pem'), '-out', path('cert.pem'));
  writeFileSync(path('extensions'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
  return {
    caPath: path('cert.pem'),
    ca: readFileSync(path('cert.pem')),
    issue(subject, certPath, keyPath) {
      run('req', ...curve, '-subj', `/CN=${subject}`, '-keyout', path('new.key'), '-out', path('new.csr'));
      const by = ['-CA', path('cert.pem'), '-CAkey', path('key.pem'), '-CAcreateserial', '-extfile', path('extensions')];
      run('x509', '-req', '-days', '2', '-in', path('new.csr'), ...by, '-out', path('new.pem'));
      copyFileSync(path('new.key'), keyPath);
      copyFileSync(path('new.pem'), certPath);
    },
  };
}
