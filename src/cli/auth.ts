import { randomBytes } from 'node:crypto';
import { AppError } from '../base/errors.js';
import { sha256Hex } from '../base/json.js';
import type { Command } from './command.js';

/** SEC-03 */
export const authCommand: Command = {
  name: 'auth',
  summary: 'Make a key that callers can have, and its hash for the configuration',
  usage: 'hash-key',
  maxArguments: 1,
  options: { json: { type: 'boolean', description: 'Print the key and its hash as a JSON object' } },
  examples: ['hector auth hash-key', 'hector auth hash-key --json'],
  async run(input, { terminal }) {
    if (input.arguments[0] !== 'hash-key') throw new AppError('CLI_USAGE', { message: 'auth wants hash-key: hector auth hash-key' });
    // 256 random bits: nobody tries them all, so the hash needs no salt.
    const key = `hk_${randomBytes(32).toString('base64url')}`;
    const hash = `sha256:${sha256Hex(key)}`;
    if (input.flags['json'] === true) terminal.write(`${JSON.stringify({ key, hash })}\n`);
    else terminal.write(describe(key, hash));
    return 0;
  },
};

function describe(key: string, hash: string): string {
  return `Key, shown this once; whoever has it is that caller:
  ${key}

For the file, under server.auth.api_keys:
  - name: my-key
    hash: ${hash}
`;
}
