/**
 * A server that runs as a program of ours and speaks over its standard input and output.
 *
 * Owns: the process and all that it starts, which are one process group and end together. Does not own: the session.
 * The program sees the variables that it is given and a few that programs cannot do without (PATH, HOME, …), none of our secrets.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import type { Clock } from '../../../../base/clock.js';
import { AppError } from '../../../../base/errors.js';
import type { Logger } from '../../../../observe/log.js';
import { MAX_MESSAGE_BYTES } from './limits.js';
import type { McpSdk } from './load-sdk.js';

export interface StdioTransportOptions {
  /** Key in `tools`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Absolute; `undefined` = our own. */
  readonly workingDirectory: string | undefined;
  readonly sdk: McpSdk;
  readonly clock: Clock;
  readonly log: Logger;
}

export class StdioTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #options: StdioTransportOptions;
  #child: ChildProcessWithoutNullStreams | undefined;
  #exited: Promise<void> = Promise.resolve();
  #lastWords = '';
  #end = '';

  constructor(options: StdioTransportOptions) {
    this.#options = options;
  }

  /** Process id of the server; `undefined` while it does not run. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** How the program ended and what it wrote to standard error last, for whoever has to find out why. */
  describeEnd(): string {
    const said = this.#lastWords.trim();
    return [this.#end, said === '' ? '' : `it wrote: ${said}`].filter((text) => text !== '').join('; ');
  }

  start(): Promise<void> {
    const { name, command, args, env, workingDirectory, sdk, log } = this.#options;
    return new Promise((resolve, reject) => {
      const child = spawn(command, [...args], {
        env: { ...sdk.getDefaultEnvironment(), ...env },
        cwd: workingDirectory,
        stdio: ['pipe', 'pipe', 'pipe'],
        // A group of its own, so that what the program starts ends with it.
        detached: true,
        windowsHide: true,
      });
      this.#child = child;
      this.#exited = new Promise((done) => {
        child.once('close', (code, signal) => {
          this.#end = `the program ended with ${signal ?? `exit code ${code}`}`;
          this.#child = undefined;
          done();
          this.onclose?.();
        });
      });
      child.once('exit', () => killGroup(child.pid, 'SIGKILL'));
      child.once('spawn', resolve);
      child.once('error', (cause) => {
        const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
        reject(
          new AppError('MCP_UNAVAILABLE', {
            message: isMissing
              ? `tools.${name}.command: there is no program '${command}'${workingDirectory === undefined ? '' : `, or no folder ${workingDirectory}`}; install it, or give its path`
              : `tools.${name}.command: '${command}' could not be started: ${cause.message}`,
            cause,
          }),
        );
      });
      const read = this.#createReader();
      child.stdout.on('data', read);
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', (error) => this.onerror?.(error));
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        this.#lastWords = (this.#lastWords + text).slice(-LAST_WORDS);
        for (const line of text.split('\n')) if (line.trim() !== '') log.debug({ server: name }, line.slice(0, LAST_WORDS));
      });
    });
  }

  send(message: JSONRPCMessage): Promise<void> {
    const child = this.#child;
    if (child === undefined) return Promise.reject(new Error('the program has ended'));
    return new Promise((resolve, reject) => {
      child.stdin.write(this.#options.sdk.serializeMessage(message), (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Its input ends, which tells it to leave; who does not is made to, with everything that it started. */
  async close(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    child.stdin.end();
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      if (await this.#hasEndedWithin(GRACE_MS)) return;
      killGroup(child.pid, signal);
    }
    await this.#exited;
  }

  async #hasEndedWithin(ms: number): Promise<boolean> {
    const stop = new AbortController();
    const late = this.#options.clock.sleep(ms, stop.signal).then(
      () => false,
      () => true,
    );
    const ended = await Promise.race([this.#exited.then(() => true), late]);
    stop.abort();
    return ended;
  }

  #createReader(): (chunk: Buffer) => void {
    const pieces: Buffer[] = [];
    let bytes = 0;
    return (chunk) => {
      let rest = chunk;
      for (let end = rest.indexOf(NEW_LINE); end !== -1; end = rest.indexOf(NEW_LINE)) {
        pieces.push(rest.subarray(0, end));
        this.#read(Buffer.concat(pieces).toString('utf8'));
        pieces.length = 0;
        bytes = 0;
        rest = rest.subarray(end + 1);
      }
      pieces.push(rest);
      bytes += rest.length;
      if (bytes <= MAX_MESSAGE_BYTES) return;
      // It never ends its line: nothing that follows can be read.
      pieces.length = 0;
      bytes = 0;
      this.#lastWords += `\na line of more than ${MAX_MESSAGE_BYTES} bytes`;
      killGroup(this.#child?.pid, 'SIGKILL');
    };
  }

  #read(line: string): void {
    try {
      this.onmessage?.(this.#options.sdk.deserializeMessage(line));
    } catch (error) {
      // A line that is no message, as programs print by mistake: the next one may be.
      this.onerror?.(error as Error);
    }
  }
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody of the group is left.
  }
}

/** For each: to leave, and to end. */
const GRACE_MS = 1_000;
const LAST_WORDS = 2_000;
const NEW_LINE = 10;
