import { systemClock } from '../base/clock.js';
import { AppError } from '../base/errors.js';
import { type Finding, fail, ok } from '../base/finding.js';
import { findConfigFile } from '../config/find-config-file.js';
import type { Settings } from '../config/settings.js';
import { type CliContext, type Command, type CommandInput, findTextFlag, isFlagSet } from './command.js';
import { loadCommandSettings } from './load-command-settings.js';
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
  const [machine, ports, models, peers, safety] = await Promise.all([
    import('./doctor/check-machine.js'),
    import('./doctor/check-ports.js'),
    import('./doctor/check-models.js'),
    import('./doctor/check-peers.js'),
    import('./doctor/check-safety.js'),
  ]);
  const always = [machine.checkNode(), machine.checkMemory(), machine.checkOpenFiles()];
  const file = findConfigFile(findTextFlag(input, 'config'), context.workingDirectory);
  const loaded = await load(input, context, file);
  if ('status' in loaded) return [...always, loaded];
  const { settings } = loaded;
  const inspectStores = await context.loadInspectStores?.();
  const isOffline = isFlagSet(input, 'offline');
  const found = await Promise.all([
    machine.checkStateFolder(settings),
    machine.checkAdapter(settings),
    ports.checkPorts(settings),
    inspectStores?.(settings, systemClock) ?? [],
    isOffline ? [] : models.checkModels(settings),
    isOffline ? [] : peers.checkPeers(settings),
  ]);
  const where = file === undefined ? 'no file: what the environment offers' : `${file} is valid`;
  return [...always, ok('Configuration', where), ...found.flat(), ...safety.checkSafety(settings, file)];
}

async function load(
  input: CommandInput,
  context: CliContext,
  file: string | undefined,
): Promise<Finding | { readonly settings: Settings }> {
  try {
    const settings = loadCommandSettings(input, context);
    const { checkSnapshot } = await import('../runtime/check-snapshot.js');
    await checkSnapshot(settings, { clock: systemClock });
    return { settings };
  } catch (error) {
    if (!(error instanceof AppError) || !error.code.startsWith('CONFIG_')) throw error;
    const problems = formatProblems(error.problems).map((line) => `\n${line}`);
    return fail(
      'Configuration',
      `${error.message}${problems.join('')}`,
      `correct ${file ?? 'the environment'}; hector validate shows only this`,
    );
  }
}

function format({ status, check, message, cure }: Finding): string {
  return `${status.padEnd(4)}  ${check}: ${message}\n${cure === undefined ? '' : `      → ${cure}\n`}`;
}
