/** Commands that only ask and tell: runs go on in the processes that serve. */
import { AppError } from '../base/errors.js';
import type { Hector, Role } from '../runtime/hector.js';
import { type CliContext, type CommandInput, findTextFlag } from './command.js';
import { loadCommandSettings } from './load-command-settings.js';
import { runHector } from './run-hector.js';
import { INTERRUPTED } from './stop-signal.js';
import { findToken, makeOwnKey } from './token.js';

/** Where a command acts, and as whom. */
export interface ServerAddress {
  readonly url: string;
  /** `undefined` = nobody. */
  readonly token: string | undefined;
}

type Act = (server: ServerAddress, signal: AbortSignal) => Promise<void>;

/** On the server of `--url`, or on one of its own over the same storage. */
export async function actOnServer(input: CommandInput, context: CliContext, act: Act): Promise<number> {
  const url = findTextFlag(input, 'url');
  if (url === undefined) return actOnOwnServer(input, context, act);
  if (!URL.canParse(url))
    throw new AppError('CLI_USAGE', { message: `--url is '${url}'; wanted an address such as http://localhost:8080` });
  const stop = context.listenForStop();
  try {
    return await unlessStopped(stop.signal, () => act({ url, token: findToken(input, context) }, stop.signal));
  } finally {
    stop.dispose();
  }
}

async function actOnOwnServer(input: CommandInput, context: CliContext, act: Act): Promise<number> {
  const settings = await loadCommandSettings(input, context, {
    environment: { LOG_LEVEL: 'warn', ...context.environment },
    overrides: { server: { host: '127.0.0.1', port: 0, public_url: '', drain_delay_ms: 0 } },
  });
  const token = makeOwnKey(settings);
  const use = (hector: Hector, signal: AbortSignal) => unlessStopped(signal, () => act({ url: hector.url, token }, signal));
  return runHector(context, settings, OWN_SERVER_ROLES, use, { ownKey: token });
}

async function unlessStopped(signal: AbortSignal, run: () => Promise<void>): Promise<number> {
  try {
    await run();
    return 0;
  } catch (error) {
    if (!signal.aborted) throw error;
    return INTERRUPTED;
  }
}

const OWN_SERVER_ROLES: ReadonlySet<Role> = new Set(['front']);
