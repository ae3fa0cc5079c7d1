import { describeError } from '../base/errors.js';
import type { Settings } from '../config/settings.js';
import { askHealth, type HealthQuestion, reachableHost } from './ask-health.js';
import { type Command, type CommandInput, findTextFlag, isFlagSet } from './command.js';
import { loadCommandSettings } from './load-command-settings.js';

/** For what watches containers: it knows the port and the encryption that the configuration says (DEP-02). */
export const healthCommand: Command = {
  name: 'health',
  summary: 'Ask the process of this configuration that runs here whether it is well',
  usage: '[--ready]',
  maxArguments: 0,
  options: {
    ready: { type: 'boolean', description: 'Whether new work would get somewhere, not only whether the process runs' },
    port: { type: 'string', value: '<port>', description: 'Where it listens, if serve was told another port than the configuration' },
  },
  examples: ['hector health', 'hector health --ready --config hector.yaml'],
  async run(input, context) {
    const { terminal } = context;
    const question = toQuestion(await loadCommandSettings(input, context), input);
    const where = `${question.isEncrypted ? 'https' : 'http'}://${reachableHost(question.host)}:${question.port}${question.path}`;
    try {
      const { status, text } = await askHealth(question);
      if (status === 200) {
        terminal.write(`ok: ${where}\n`);
        return 0;
      }
      terminal.writeError(`${where} answers HTTP ${status}: ${text.slice(0, MAX_SHOWN)}\n`);
    } catch (error) {
      if (isCertificateWanted(error)) {
        terminal.write(`ok: ${where} answers, and wants a certificate (server.tls.client_ca_file)\n`);
        return 0;
      }
      terminal.writeError(`${where} does not answer: ${describeError(error)}; ${WHERE}\n`);
    }
    return 1;
  },
};

/** What every process has, whatever its roles, goes before what only fronts have. */
function toQuestion({ server, observability }: Pick<Settings, 'server' | 'observability'>, input: CommandInput): HealthQuestion {
  const path = isFlagSet(input, 'ready') ? '/health/ready' : '/health/live';
  const side = observability.metrics.enabled ? observability.metrics.port : undefined;
  const named = findTextFlag(input, 'port');
  const isSide = named === undefined && side !== undefined && side !== 0;
  const port = named === undefined ? (isSide ? side : server.port) : Number(named);
  return { host: server.host, port, isEncrypted: server.tls.enabled && !isSide, path, timeoutMs: TIMEOUT_MS };
}

/** Only a process of ours that runs gets as far as this. */
function isCertificateWanted(error: unknown): boolean {
  return /CERTIFICATE_REQUIRED/.test(String((error as { readonly code?: unknown }).code));
}

/** Less than a platform waits for a probe. */
const TIMEOUT_MS = 5_000;
const MAX_SHOWN = 500;
const WHERE =
  'processes without the role front listen on observability.metrics.port alone, and one that was started with --port wants it here too';
