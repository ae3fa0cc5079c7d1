/** The certificate that clients would be shown: whether it can be used, and for how long. */
import { X509Certificate } from 'node:crypto';
import { Certificates } from '../../access/certificates.js';
import { systemClock } from '../../base/clock.js';
import { describeError } from '../../base/errors.js';
import { type Finding, fail, ok, warn } from '../../base/finding.js';
import type { Settings } from '../../config/settings.js';
import { silentLogger } from '../../observe/log.js';

export async function checkCertificate({ server }: Pick<Settings, 'server'>, now: number = systemClock.now()): Promise<readonly Finding[]> {
  const { tls } = server;
  if (!tls.enabled) return [];
  try {
    const certificates = await Certificates.open({
      settings: { ...tls, reloadIntervalMs: 0 },
      clock: systemClock,
      log: silentLogger,
    });
    return [checkDates(tls.certFile, new X509Certificate(certificates.current.cert), now)];
  } catch (error) {
    const cure = 'name the certificate and the key that was made with it in server.tls, readable by this user';
    return [fail(CHECK, describeError(error), cure)];
  }
}

function checkDates(file: string, { validFrom, validTo }: X509Certificate, now: number): Finding {
  const days = Math.floor((Date.parse(validTo) - now) / DAY_MS);
  if (Date.parse(validFrom) > now)
    return fail(CHECK, `${file} is not valid before ${validFrom}`, "wait, correct this machine's clock, or take another one");
  if (days < 0) return fail(CHECK, `${file} has expired at ${validTo}`, RENEW);
  return days < FEW_DAYS ? warn(CHECK, `${file} expires in ${days} days`, RENEW) : ok(CHECK, `${file} is valid for ${days} days`);
}

const CHECK = 'TLS certificate';
const RENEW = 'put a renewed one in its place: a server that runs takes it over by itself';
const DAY_MS = 86_400_000;
const FEW_DAYS = 14;
