import { AppError } from '../base/errors.js';
import { findNearestName } from '../config/nearest-name.js';
import { actOnServer } from './act-on-server.js';
import { type Command, type CommandInput, findTextFlag, isFlagSet } from './command.js';
import { DOCUMENT_VERBS, type DocumentVerb } from './documents-verbs.js';
import { TOKEN_OPTION } from './token.js';

export const documentsCommand: Command = {
  name: 'documents',
  summary: 'See document stores and their documents, delete and re-ingest them, search; drop what stores have left',
  usage: `${Object.keys(DOCUMENT_VERBS).join('|')} [<store>] [<document id or query>]`,
  maxArguments: 3,
  options: {
    status: { type: 'string', value: '<status>', description: 'list: indexed, failed, pending or deleted (default all)' },
    error: { type: 'string', value: '<text>', description: 'list: with this in the last error' },
    mode: {
      type: 'string',
      value: '<mode>',
      description: 'reingest of a store: changes, retry, check or all; search: vector, keyword or hybrid',
    },
    filter: { type: 'string', value: '<filter>', description: 'search: only what has this metadata: key=value,… or JSON' },
    limit: { type: 'string', value: '<n>', description: 'search: so many passages' },
    yes: { type: 'boolean', description: 'drop: delete everything that a store has left which the configuration names no more' },
    url: { type: 'string', value: '<url>', description: 'A running server (default: one of its own, over the same storage)' },
    token: TOKEN_OPTION,
    json: { type: 'boolean', description: 'Print what the server answers; a list as one JSON object per line' },
  },
  examples: [
    'hector documents stores',
    'hector documents list handbook --status failed',
    'hector documents show handbook guide/refunds.md',
    'hector documents reingest handbook guide/refunds.md',
    'hector documents runs handbook',
    'hector documents drop old-handbook --yes',
    "hector documents search handbook 'how long is the warranty?'",
    'hector documents search handbook warranty --mode keyword --filter year=2024',
  ],
  async run(input, context) {
    const { name, verb } = readVerb(input);
    const [, store = '', subject = ''] = input.arguments;
    return await actOnServer(input, context, (server, signal) =>
      verb.run({
        verb: name,
        store,
        subject,
        server,
        signal,
        json: isFlagSet(input, 'json'),
        terminal: context.terminal,
        flag: (flag) => findTextFlag(input, flag),
        isSure: isFlagSet(input, 'yes'),
      }),
    );
  },
};

function readVerb(input: CommandInput): { readonly name: string; readonly verb: DocumentVerb } {
  const [name = '', store = '', subject = ''] = input.arguments;
  const verb = Object.hasOwn(DOCUMENT_VERBS, name) ? DOCUMENT_VERBS[name] : undefined;
  if (verb === undefined) {
    const near = findNearestName(name, Object.keys(DOCUMENT_VERBS));
    const wanted = near === undefined ? `documents wants one of ${Object.keys(DOCUMENT_VERBS).join(', ')}` : `did you mean '${near}'?`;
    throw new AppError('CLI_USAGE', { message: name === '' ? wanted : `documents knows no '${name}'; ${wanted}` });
  }
  const given = [store, subject].filter((argument) => argument !== '').length;
  if (given < verb.wants.length || given > verb.wants.length + verb.mayHave.length)
    throw new AppError('CLI_USAGE', { message: `write it as: hector documents ${name} ${describeArguments(verb)}` });
  for (const flag of ['status', 'error', 'mode', 'limit', 'filter', 'yes'])
    if (input.flags[flag] !== undefined && !verb.flags.includes(flag))
      throw new AppError('CLI_USAGE', { message: `--${flag} does not go with documents ${name} (see --help)` });
  return { name, verb };
}

function describeArguments({ wants, mayHave }: DocumentVerb): string {
  return [...wants.map((what) => `<${what}>`), ...mayHave.map((what) => `[<${what}>]`)].join(' ');
}
