import { get as ask, type ClientRequest } from 'node:http';
import { get as askEncrypted } from 'node:https';

export interface HealthQuestion {
  /** That of `server.host`; one that stands for all addresses is asked as this machine. */
  readonly host: string;
  readonly port: number;
  readonly isEncrypted: boolean;
  readonly path: string;
  readonly timeoutMs: number;
}

export interface HealthAnswer {
  readonly status: number;
  readonly text: string;
}

/** Nothing is told to whoever answers, so its certificate does not matter. Rejects when nobody does, or with more than any of ours. */
export function askHealth({ host, port, isEncrypted, path, timeoutMs }: HealthQuestion): Promise<HealthAnswer> {
  const options = { host: reachableHost(host), port, path, agent: false, signal: AbortSignal.timeout(timeoutMs) };
  return new Promise((resolve, reject) => {
    const asked: ClientRequest = isEncrypted ? askEncrypted({ ...options, rejectUnauthorized: false }) : ask(options);
    asked.on('error', reject);
    asked.once('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        if (text.length > MAX_CHARACTERS) asked.destroy(new Error('the answer is longer than any of ours'));
      });
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text })).on('error', reject);
    });
  });
}

export function reachableHost(host: string): string {
  return host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
}

const MAX_CHARACTERS = 65_536;
