import type { Clock } from '../base/clock.js';
import type { Finding } from '../base/finding.js';
import type { Environment } from '../config/environment.js';
import type { Settings } from '../config/settings.js';
import type { StartHector } from '../runtime/hector.js';
import type { StopSignal } from './stop-signal.js';
import type { Terminal } from './terminal.js';

export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  /** Shown as the value in help, e.g. `<file>`. */
  readonly value?: string;
  readonly description: string;
  readonly choices?: readonly string[];
  /** What the flag means without a value; only text flags that have it may stand bare. */
  readonly bare?: string;
}

export interface Command {
  readonly name: string;
  readonly summary: string;
  /** What follows the name, e.g. `[store…]`. */
  readonly usage: string;
  /** Most positional arguments. */
  readonly maxArguments: number;
  readonly options: Readonly<Record<string, OptionSpec>>;
  readonly examples: readonly string[];
  /** The exit code: 0 ok, 1 failure. A throw becomes 1, or 2 for `CLI_USAGE`. */
  run(input: CommandInput, context: CliContext): Promise<number>;
}

export interface CommandInput {
  readonly arguments: readonly string[];
  /** Flags that were given; a negated switch (`--no-stream`) is false. */
  readonly flags: Readonly<Record<string, string | boolean>>;
}

export type InspectStores = (settings: Settings, clock: Clock) => Promise<readonly Finding[]>;

/** The world around a command; tests hand in their own. */
export interface CliContext {
  readonly terminal: Terminal;
  /** With the log flags laid over it, so that they go before everything (CLI-14). */
  readonly environment: Environment;
  readonly workingDirectory: string;
  /** Loads the system only when a command needs it. */
  readonly loadStartHector: () => Promise<StartHector>;
  /** Looks at Redis and databases without starting anything. Default: nobody does. */
  readonly loadInspectStores?: () => Promise<InspectStores>;
  /** Starts to listen for SIGINT and SIGTERM. */
  readonly listenForStop: () => StopSignal;
  /** Calls back at every SIGHUP; the result ends it. Default: nobody sends one. */
  readonly listenForHangup?: (onHangup: () => void) => () => void;
}

export function findTextFlag(input: CommandInput, name: string): string | undefined {
  const value = input.flags[name];
  return typeof value === 'string' ? value : undefined;
}

export function isFlagSet(input: CommandInput, name: string): boolean {
  return input.flags[name] === true;
}
