import { AppError, describeError } from '../base/errors.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../base/json.js';
import { loadEnvironment } from '../config/environment.js';
import { loadSettings } from '../config/load-settings.js';
import { parseConfigText } from '../config/parse-config-text.js';
import type { Settings } from '../config/settings.js';
import { askHealth, type HealthQuestion, reachableHost } from './ask-health.js';
import { type CliContext, type Command, type CommandInput, findTextFlag, isFlagSet } from './command.js';
import { openCommandSource } from './load-command-settings.js';
import { formatProblems } from './show-error.js';

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
    const question = toQuestion(await loadPlace(input, context), input);
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

/**
 * Where it listens, and nothing else of the configuration: a key that is wrong somewhere in it is refused by a process that runs and goes on
 * with what it has (CFG-94), so it must not be taken for dead.
 */
async function loadPlace(input: CommandInput, context: CliContext): Promise<Settings> {
  const { environment, workingDirectory, terminal } = context;
  const base = { environment, workingDirectory };
  try {
    const source = await openCommandSource(input, context);
    if (source === undefined) return loadSettings({ ...base, document: {} });
    const { value } = parseConfigText((await source.read()).text, source.place);
    const loadedEnvironment = loadEnvironment({ ...base, ...(source.file === undefined ? {} : { configFile: source.file }) });
    return loadSettings({ workingDirectory, loadedEnvironment, document: pickPlace(value) });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const problems = formatProblems(error.problems).map((line) => `\n${line}`);
    terminal.writeError(`${error.message}${problems.join('')}\nIt is looked for where it is by default.\n`);
    return loadSettings({ ...base, document: {} });
  }
}

function pickPlace({ server, observability }: JsonObject): JsonObject {
  const pick = (section: JsonValue | undefined, names: readonly string[]): JsonObject =>
    isJsonObject(section) ? Object.fromEntries(names.flatMap((name) => (section[name] === undefined ? [] : [[name, section[name]]]))) : {};
  return { server: pick(server, ['host', 'port', 'tls']), observability: pick(observability, ['metrics']) };
}

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
