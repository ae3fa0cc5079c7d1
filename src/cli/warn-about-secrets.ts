import { describeLiteralSecret, type LiteralSecret } from '../config/find-literal-secrets.js';
import type { Terminal } from './terminal.js';

export function warnAboutSecrets(secrets: readonly LiteralSecret[], terminal: Terminal): void {
  for (const secret of secrets) terminal.writeError(`warning: ${describeLiteralSecret(secret)}\n`);
}
