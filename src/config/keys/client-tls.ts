import { resolve } from 'node:path';
import { flag, type Static, section, text } from '../schema-builder.js';
import type { ResolveContext } from './resolve-context.js';

export const TlsSchema = section(
  {
    insecure_skip_verify: flag("The service's certificate is not checked: anybody in between can read along.", { default: false }),
    ca_certificate: text('PEM file with an authority that is trusted beside the usual ones; relative to the working directory.', {
      default: '',
    }),
  },
  'Transport security.',
);

export type TlsConfig = Static<typeof TlsSchema>;

export function resolveTls(tls: TlsConfig, { workingDirectory }: ResolveContext) {
  return {
    insecureSkipVerify: tls.insecure_skip_verify,
    caCertificate: tls.ca_certificate === '' ? '' : resolve(workingDirectory, tls.ca_certificate),
  };
}
