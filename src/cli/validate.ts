import { systemClock } from '../base/clock.js';
import { AppError, type FieldProblem } from '../base/errors.js';
import { hideCredentials } from '../config/describe-value.js';
import { DEFAULT_CONFIG_FILE } from '../config/find-config-file.js';
import { describeLiteralSecret, findLiteralSecrets, type LiteralSecret } from '../config/find-literal-secrets.js';
import { LiveConfig } from '../config/live-config.js';
import { maskSettings, printSettings } from '../config/print-settings.js';
import type { ConfigProblem } from '../config/problem.js';
import type { Settings } from '../config/settings.js';
import type { ConfigSource } from '../config/sources/config-source.js';
import { openConfigSource } from '../config/sources/open-config-source.js';
import { redactText } from '../observe/redact.js';
import { type CliContext, type Command, type CommandInput, findTextFlag, isFlagSet } from './command.js';
import { findConfigName, hideFromNowOn } from './load-command-settings.js';
import { formatProblems } from './show-error.js';
import { warnAboutSecrets } from './warn-about-secrets.js';

/** CLI-04, CLI-05. */
export const validateCommand: Command = {
  name: 'validate',
  summary: 'Check a configuration',
  usage: '[file] [-f compact|verbose|json] [-p]',
  maxArguments: 1,
  options: {
    format: {
      type: 'string',
      short: 'f',
      value: '<format>',
      description: 'compact, verbose or json (default compact)',
      choices: ['compact', 'verbose', 'json'],
    },
    'print-config': {
      type: 'boolean',
      short: 'p',
      description: 'Print the whole configuration: defaults and variables filled in, secrets masked',
    },
  },
  examples: [
    'hector validate hector.yaml',
    'hector validate --config hector.yaml --format json',
    'hector validate hector.yaml --print-config',
    'hector validate consul://localhost:8500/hector/config',
  ],
  async run(input, context) {
    const name = findName(input, context);
    const format = findTextFlag(input, 'format') ?? 'compact';
    const { terminal, environment, workingDirectory } = context;
    let file = hideCredentials(name ?? DEFAULT_CONFIG_FILE);
    hideFromNowOn(undefined, environment);
    try {
      const source = await openSource(name, context);
      file = source.place;
      const config = new LiveConfig({ source, environment, workingDirectory });
      const { settings } = await config.load();
      const loaded = config.environment;
      hideFromNowOn(settings, loaded);
      // Loaded here: other commands need none of it.
      const { checkSnapshot } = await import('../runtime/check-snapshot.js');
      await checkSnapshot(settings, { clock: systemClock });
      const print = isFlagSet(input, 'print-config');
      const secrets = findLiteralSecrets(settings.source);
      if (format === 'json') terminal.write(formatJson(file, [], secrets, print ? maskSettings(settings, loaded) : undefined));
      else {
        warnAboutSecrets(secrets, terminal);
        terminal.write(print ? printSettings(settings, loaded) : redactText(formatValid(file, format, settings)));
      }
      return 0;
    } catch (error) {
      if (!(error instanceof AppError) || !error.code.startsWith('CONFIG_')) throw error;
      if (format === 'json') terminal.write(formatJson(file, toErrors(error)));
      else terminal.write(redactText(format === 'verbose' ? formatVerbose(error) : formatCompact(file, error)));
      return 1;
    }
  },
};

function findName(input: CommandInput, context: CliContext): string | undefined {
  const [argument] = input.arguments;
  const flag = findTextFlag(input, 'config');
  if (argument !== undefined && flag !== undefined)
    throw new AppError('CLI_USAGE', { message: `the command line names two files, ${argument} and ${flag}; leave one out` });
  return argument ?? findConfigName(input, context);
}

async function openSource(name: string | undefined, { environment, workingDirectory }: CliContext): Promise<ConfigSource> {
  const source = await openConfigSource(name, { environment, workingDirectory });
  if (source === undefined)
    throw new AppError('CLI_USAGE', { message: 'there is no .hector/config.yaml here; name the file: hector validate <file>' });
  return source;
}

function formatValid(file: string, format: string, settings: Settings): string {
  if (format !== 'verbose') return `${file}: valid\n`;
  const { agents, llms, documentStores, embedders, vectorStores, databases } = settings;
  const sections = { agents, llms, document_stores: documentStores, embedders, vector_stores: vectorStores, databases };
  const counts = Object.entries(sections).map(([key, section]) => `  ${key}: ${Object.keys(section).join(', ') || 'none'}`);
  return `${file} is valid (version ${settings.version})\n${counts.join('\n')}\n`;
}

function formatVerbose(error: AppError): string {
  return `${error.message}\n${formatProblems(error.problems)
    .map((line) => `${line}\n`)
    .join('')}`;
}

function formatCompact(file: string, error: AppError): string {
  if (error.problems.length === 0) return `${error.message}\n`;
  return error.problems
    .map(
      (problem) =>
        `${file}:${lineOf(problem) === undefined ? '' : `${lineOf(problem)}:`} ${problem.field}: ${firstLine(problem.description)}\n`,
    )
    .join('');
}

interface JsonError {
  readonly type: string;
  readonly message: string;
  readonly path?: string;
  readonly line?: number;
}

function toErrors(error: AppError): JsonError[] {
  if (error.problems.length === 0) return [{ type: error.code, message: redactText(error.message) }];
  return error.problems.map((problem) => {
    const line = lineOf(problem);
    return {
      type: error.code,
      message: redactText(`${problem.field}: ${problem.description}`),
      path: problem.field,
      ...(line === undefined ? {} : { line }),
    };
  });
}

function formatJson(file: string, errors: readonly JsonError[], secrets: readonly LiteralSecret[] = [], config?: object): string {
  const warnings = secrets.map((secret) => ({ message: describeLiteralSecret(secret), path: secret.path }));
  return `${JSON.stringify({
    valid: errors.length === 0,
    file,
    errors,
    ...(warnings.length === 0 ? {} : { warnings }),
    ...(config === undefined ? {} : { config }),
  })}\n`;
}

function lineOf(problem: FieldProblem): number | undefined {
  return (problem as ConfigProblem).line;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] as string;
}
