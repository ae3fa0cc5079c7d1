import { AppError } from '../base/errors.js';
import type { JsonObject } from '../base/json.js';
import { findNearestName } from '../config/nearest-name.js';
import { actOnServer, type ServerAddress } from './act-on-server.js';
import { callApi } from './call-api.js';
import { type Command, type CommandInput, findTextFlag, isFlagSet } from './command.js';
import { formatSession, formatSessions } from './sessions-view.js';
import type { Terminal } from './terminal.js';
import { TOKEN_OPTION } from './token.js';

/** SES-05 */
export const sessionsCommand: Command = {
  name: 'sessions',
  summary: 'See conversations, and delete them',
  usage: 'list|show|delete [<session id>]',
  maxArguments: 2,
  options: {
    agent: { type: 'string', value: '<name>', description: 'list: of this agent (default all)' },
    context: { type: 'string', value: '<id>', description: 'list: with this context id' },
    last: { type: 'string', value: '<n>', description: 'show: so many messages (default 100)' },
    after: { type: 'string', value: '<time>', description: 'show: only messages later than this, e.g. 2026-01-31T12:00:00Z' },
    force: { type: 'boolean', description: 'delete: cancel its runs that have not ended' },
    url: { type: 'string', value: '<url>', description: 'A running server (default: one of its own, over the same storage)' },
    token: TOKEN_OPTION,
    json: { type: 'boolean', description: 'Print what the server answers; a list as one JSON object per line' },
  },
  examples: [
    'hector sessions list --agent assistant',
    'hector sessions show 019a2f4c-5b1e-7c3d-8f60-1d2e3f4a5b6c --last 10',
    'hector sessions delete 019a2f4c-5b1e-7c3d-8f60-1d2e3f4a5b6c --force',
  ],
  async run(input, context) {
    const { verb, id } = readVerb(input);
    return await actOnServer(input, context, (server, signal) => VERBS[verb]({ input, id, server, signal, terminal: context.terminal }));
  },
};

interface SessionAct {
  readonly input: CommandInput;
  readonly id: string;
  readonly server: ServerAddress;
  readonly signal: AbortSignal;
  readonly terminal: Terminal;
}

const VERBS = { list: listSessions, show: showSession, delete: deleteSession } as const;
type Verb = keyof typeof VERBS;

/** Flags of each verb beside `--url` and `--json`. */
const FLAGS: Readonly<Record<Verb, readonly string[]>> = { list: ['agent', 'context'], show: ['last', 'after'], delete: ['force'] };

/** Page after page, so that neither side holds all of them. */
async function listSessions({ input, server, signal, terminal }: SessionAct): Promise<void> {
  const json = isFlagSet(input, 'json');
  const query = new URLSearchParams({ limit: '500' });
  for (const [flag, name] of [
    ['agent', 'agent'],
    ['context', 'context_id'],
  ] as const) {
    const value = findTextFlag(input, flag);
    if (value !== undefined) query.set(name, value);
  }
  let isFirst = true;
  for (;;) {
    const reply = await callApi({ ...server, method: 'GET', path: `/api/sessions?${query}`, signal });
    const sessions = (reply['sessions'] ?? []) as readonly JsonObject[];
    if (json) terminal.write(sessions.map((session) => `${JSON.stringify(session)}\n`).join(''));
    else if (sessions.length > 0) terminal.write(formatSessions(sessions, { withHead: isFirst, now: Date.now() }));
    isFirst &&= sessions.length === 0;
    if (typeof reply['next_cursor'] !== 'string') break;
    query.set('cursor', reply['next_cursor']);
  }
  if (isFirst && !json) terminal.writeError('There is no session.\n');
}

async function showSession({ input, id, server, signal, terminal }: SessionAct): Promise<void> {
  const query = new URLSearchParams();
  for (const name of FLAGS.show) {
    const value = findTextFlag(input, name);
    if (value !== undefined) query.set(name, value);
  }
  const reply = await callApi({ ...server, method: 'GET', path: `/api/sessions/${encodeURIComponent(id)}?${query}`, signal });
  terminal.write(isFlagSet(input, 'json') ? `${JSON.stringify(reply)}\n` : formatSession(reply));
}

async function deleteSession({ input, id, server, signal, terminal }: SessionAct): Promise<void> {
  const query = isFlagSet(input, 'force') ? '?force=true' : '';
  const reply = await callApi({ ...server, method: 'DELETE', path: `/api/sessions/${encodeURIComponent(id)}${query}`, signal });
  const canceled = Number(reply['canceled_runs']);
  const text = `deleted: the session is gone with its runs${canceled > 0 ? `; ${canceled} of them had to be canceled` : ''}\n`;
  terminal.write(isFlagSet(input, 'json') ? `${JSON.stringify(reply)}\n` : text);
}

function readVerb(input: CommandInput): { readonly verb: Verb; readonly id: string } {
  const [name = '', id = ''] = input.arguments;
  const verbs = Object.keys(VERBS) as Verb[];
  const verb = verbs.find((known) => known === name);
  if (verb === undefined) {
    const near = findNearestName(name, verbs);
    const wanted = near === undefined ? `sessions wants one of ${verbs.join(', ')}` : `did you mean '${near}'?`;
    throw new AppError('CLI_USAGE', { message: name === '' ? wanted : `sessions knows no '${name}'; ${wanted}` });
  }
  if (verb !== 'list' && id.trim() === '')
    throw new AppError('CLI_USAGE', {
      message: `sessions ${verb} wants the id of a session: hector sessions ${verb} <session id>; hector sessions list shows them`,
    });
  if (verb === 'list' && id !== '')
    throw new AppError('CLI_USAGE', { message: `unexpected argument '${id}'; sessions list takes none (see --help)` });
  for (const flag of Object.values(FLAGS).flat())
    if (input.flags[flag] !== undefined && !FLAGS[verb].includes(flag))
      throw new AppError('CLI_USAGE', { message: `--${flag} does not go with sessions ${verb} (see --help)` });
  return { verb, id };
}
