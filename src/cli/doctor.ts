import { systemClock } from '../base/clock.js';
import { AppError } from '../base/errors.js';
import { type Finding, fail, ok } from '../base/finding.js';
import { hideCredentials } from '../config/describe-value.js';
import { DEFAULT_CONFIG_FILE } from '../config/find-config-file.js';
import { listSecrets } from '../config/list-secrets.js';
import { LiveConfig } from '../config/live-config.js';
import { loadSettings } from '../config/load-settings.js';
import type { Settings } from '../config/settings.js';
import type { ConfigSource } from '../config/sources/config-source.js';
import { redactText, rememberSecrets } from '../observe/redact.js';
import { type CliContext, type Command, type CommandInput, isFlagSet } from './command.js';
import { findConfigName, openCommandSource } from './load-command-settings.js';
import { formatProblems } from './show-error.js';

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'Look for what keeps Hector from working, and say what to do',
  usage: '[--json]',
  maxArguments: 0,
  options: {
    json: { type: 'boolean', description: 'One JSON object per finding' },
    offline: { type: 'boolean', description: 'Ask no model, MCP server or other address outside of Redis and the databases' },
  },
  examples: ['hector doctor', 'hector doctor --config hector.yaml --json'],
  async run(input, context) {
    const findings = await examine(input, context);
    const { terminal } = context;
    for (const finding of findings) terminal.write(isFlagSet(input, 'json') ? `${JSON.stringify(finding)}\n` : format(finding));
    const count = (status: Finding['status']) => findings.filter((finding) => finding.status === status).length;
    terminal.writeError(`${count('ok')} ok, ${count('warn')} warn, ${count('fail')} fail\n`);
    return count('fail') === 0 ? 0 : 1;
  },
};

async function examine(input: CommandInput, context: CliContext): Promise<readonly Finding[]> {
  // Loaded here: other commands need none of it.
  const [machine, ports, models, peers, safety, certificate] = await Promise.all([
    import('./doctor/check-machine.js'),
    import('./doctor/check-ports.js'),
    import('./doctor/check-models.js'),
    import('./doctor/check-peers.js'),
    import('./doctor/check-safety.js'),
    import('./doctor/check-certificate.js'),
  ]);
  const always = [machine.checkNode(), machine.checkMemory(), machine.checkOpenFiles()];
  const { settings, finding, source } = await load(input, context);
  if (settings === undefined) return [...always, finding];
  // What other sides answer may hold what they were told (SEC-17).
  rememberSecrets(listSecrets(settings));
  const inspectStores = await context.loadInspectStores?.();
  const isOffline = isFlagSet(input, 'offline');
  const found = await Promise.all([
    machine.checkStateFolder(settings),
    machine.checkAdapter(settings),
    ports.checkPorts(settings),
    certificate.checkCertificate(settings),
    inspectStores?.(settings, systemClock) ?? [],
    isOffline ? [] : models.checkModels(settings),
    isOffline ? [] : peers.checkPeers(settings),
  ]);
  const all = [...always, finding, ...found.flat(), ...safety.checkSafety(settings, source)];
  return all.map((one) => ({ ...one, message: redactText(one.message) }));
}

interface Loaded {
  readonly finding: Finding;
  /** Also when they can be read and not be built: the reason may be found elsewhere. */
  readonly settings: Settings | undefined;
  /** `undefined`: there is none, or what names it is wrong. */
  readonly source: ConfigSource | undefined;
}

async function load(input: CommandInput, context: CliContext): Promise<Loaded> {
  const { environment, workingDirectory } = context;
  let source: ConfigSource | undefined;
  let settings: Settings | undefined;
  let what = hideCredentials(findConfigName(input, context) ?? DEFAULT_CONFIG_FILE);
  try {
    source = await openCommandSource(input, context);
    what = source?.place ?? 'the environment';
    settings =
      source === undefined
        ? loadSettings({ environment, workingDirectory })
        : (await new LiveConfig({ source, environment, workingDirectory }).load()).settings;
    const { checkSnapshot } = await import('../runtime/check-snapshot.js');
    await checkSnapshot(settings, { clock: systemClock });
    const message = source === undefined ? 'no file: what the environment offers' : `${source.place} is valid${describeNaming(source)}`;
    return { settings, source, finding: ok('Configuration', message) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const problems = formatProblems(error.problems).map((line) => `\n${line}`);
    const cure =
      error.code === 'CONFIG_SOURCE_UNAVAILABLE'
        ? `start it and let this machine reach it, or correct where the configuration lies${source === undefined ? '' : describeNaming(source)}`
        : `correct ${what}; hector validate shows only this`;
    return { settings, source, finding: fail('Configuration', `${error.message}${problems.join('')}`, cure) };
  }
}

function describeNaming({ place, file }: ConfigSource): string {
  return file === undefined || file === place ? '' : ` (${file} says that it lies there)`;
}

function format({ status, check, message, cure }: Finding): string {
  return `${status.padEnd(4)}  ${check}: ${message}\n${cure === undefined ? '' : `      → ${cure}\n`}`;
}
