/**
 * The tools of one MCP server (TOOL-40…46).
 *
 * Owns: the connection and the list of tools known last. Does not own: which agent sees which of them (`join-toolsets.ts`).
 * 1. The list is asked for once, and again when the server says that it changed, when the session is another, and after `MAX_AGE_MS`
 *    of a server that would not say so (W-34).
 * 2. A step waits for the list of a server that is there, and once for one that was never tried, both for `list_wait` at most and then no
 *    more; a server in trouble is tried beside it. Meanwhile its tools are those known last, and whoever comes for the list later finds it.
 * 3. One request for the list at a time.
 */
import { abortError, untilAborted } from '../../../../base/abort.js';
import type { Clock } from '../../../../base/clock.js';
import { toAppError } from '../../../../base/errors.js';
import type { JsonObject } from '../../../../base/json.js';
import type { McpToolSettings } from '../../../../config/settings.js';
import type { Logger } from '../../../../observe/log.js';
import type { LanguageModel } from '../../../llms/contract.js';
import { createArgumentsCheck } from '../../arguments.js';
import type { Tool, Toolset, ToolsetHealth } from '../../contract.js';
import { qualifyName } from '../../join-toolsets.js';
import { cleanLine } from './clean-text.js';
import { McpConnection } from './connection.js';
import { createMcpTool, type SendForCall } from './create-tool.js';
import type { McpSession } from './open-session.js';
import { type OfferedTool, readTools } from './read-tools.js';
import { createPromptTools, createResourceTools } from './resource-tools.js';
import { createSample } from './sample.js';
import { sendRequest } from './send-request.js';

export interface McpToolsetOptions {
  /** Key in `tools`. */
  readonly name: string;
  readonly settings: McpToolSettings;
  /** Folder for OAuth tokens. */
  readonly tokenDirectory: string;
  /** The model of `settings.sampling`. Default: nothing is written for the server. */
  readonly samplingModel?: LanguageModel | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

export class McpToolset implements Toolset {
  readonly name: string;
  readonly #options: McpToolsetOptions;
  readonly #connection: McpConnection;
  readonly #closed = new AbortController();
  readonly #checkOutput = createArgumentsCheck();
  #tools: readonly Tool[] | undefined;
  #problems: readonly string[] = [];
  #server = '';
  #listed: { readonly session: McpSession | undefined; readonly at: number; readonly changes: number } | undefined;
  #changes = 0;
  #listing: Promise<void> | undefined;
  /** A step has waited in vain: the others do not, until there is a list. */
  #isLate = false;

  constructor(options: McpToolsetOptions) {
    this.name = options.name;
    this.#options = options;
    this.#connection = new McpConnection({
      ...options,
      sample: createSample(options),
      onToolsChanged: () => {
        this.#changes += 1;
      },
    });
  }

  async list(signal: AbortSignal): Promise<readonly Tool[]> {
    if (this.#closed.signal.aborted || this.#isCurrent()) return this.#tools ?? [];
    this.#listing ??= this.#refresh().finally(() => {
      this.#listing = undefined;
    });
    // What went wrong is told by the connection, in the log and in `health()`.
    const refreshed = this.#listing.catch(() => undefined);
    const isAwaited = this.#connection.current !== undefined || (this.#tools === undefined && !this.#connection.isTroubled);
    if (isAwaited && !this.#isLate) await this.#waitFor(refreshed, signal);
    if (signal.aborted) throw abortError(signal);
    return this.#tools ?? [];
  }

  get isUnknown(): boolean {
    return this.#tools === undefined;
  }

  /** Until the list is there, or the step has waited long enough for it. */
  async #waitFor(refreshed: Promise<void>, signal: AbortSignal): Promise<void> {
    const { clock, log, settings } = this.#options;
    const late = new Promise<void>((resolve) => {
      const stop = clock.after(settings.listWaitMs, () => {
        this.#isLate = true;
        resolve();
      });
      void refreshed.then(stop);
      signal.addEventListener('abort', stop, { once: true });
    });
    await untilAborted(Promise.race([refreshed, late]), signal);
    if (this.#isLate)
      log.warn(
        { server: this.name, waitedMs: settings.listWaitMs },
        `the MCP server '${this.name}' has not told its tools (tools.${this.name}.list_wait); steps go on without them until it does`,
      );
  }

  health(): ToolsetHealth {
    const { failure, connectedAt, ...connection } = this.#connection.describe();
    return {
      name: this.name,
      ...connection,
      server: this.#server,
      tools: this.#tools?.length ?? 0,
      problems: this.#problems,
      ...(connectedAt === undefined ? {} : { connectedAt }),
      ...(failure === undefined ? {} : { failure }),
    };
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#connection.close();
  }

  #isCurrent(): boolean {
    const { clock } = this.#options;
    const listed = this.#listed;
    if (listed === undefined || listed.changes !== this.#changes) return false;
    const { current } = this.#connection;
    // While there is no session, nobody could say more.
    if (current === undefined) return true;
    if (current !== listed.session) return false;
    return current.client.getServerCapabilities()?.tools?.listChanged === true || clock.now() - listed.at < MAX_AGE_MS;
  }

  async #refresh(): Promise<void> {
    const { settings, clock } = this.#options;
    try {
      const session = await this.#connection.getSession(this.#closed.signal);
      const capabilities = session.client.getServerCapabilities() ?? {};
      const changes = this.#changes;
      const ask = (method: string, params: JsonObject) =>
        sendRequest(this.#ports(), {
          ...{ method, params, effect: 'pure', signal: this.#closed.signal },
          timeoutMs: settings.connectTimeoutMs,
          maxDurationMs: settings.connectTimeoutMs,
        });
      const { tools, problems } = capabilities.tools === undefined ? { tools: [], problems: [] } : await readTools(ask);
      const resourceOptions = { server: this.name, settings, send: this.#send };
      this.#tools = [
        ...this.#filter(tools, problems).map((tool) => createMcpTool(tool, { settings, send: this.#send, checkOutput: this.#checkOutput })),
        ...(settings.resources && capabilities.resources !== undefined ? createResourceTools(resourceOptions) : []),
        ...(settings.prompts && capabilities.prompts !== undefined ? createPromptTools(resourceOptions) : []),
      ];
      this.#isLate = false;
      const server = session.client.getServerVersion();
      this.#server = server === undefined ? '' : cleanLine(`${server.name} ${server.version}`, 100);
      // The session may have broken and come back while it was asked; then this list is the other one's, or older.
      this.#listed = { session: this.#connection.current === session ? session : undefined, at: clock.now(), changes };
    } catch (error) {
      const { current } = this.#connection;
      // Without a session, the connection has noted it already.
      if (current !== undefined) await this.#connection.fail(current, toAppError(error));
      throw error;
    }
  }

  #filter(tools: readonly OfferedTool[], problems: readonly string[]): readonly OfferedTool[] {
    const { settings, log } = this.#options;
    const { filter } = settings;
    const isNamed = (tool: OfferedTool) => filter === undefined || filter.includes(tool.rawName) || filter.includes(tool.name);
    const missing = (filter ?? []).filter((name) => !tools.some((tool) => tool.rawName === name || tool.name === name));
    const all = [...problems, ...missing.map((name) => `the filter names '${name}', which the server does not offer`)];
    if (all.length > 0 && all.join() !== this.#problems.join())
      log.warn({ server: this.name, problems: all }, `not all that the MCP server '${this.name}' offers can be used`);
    this.#problems = all;
    const chosen = tools.filter(isNamed);
    return settings.prefix === 'always' ? chosen.map((tool) => ({ ...tool, name: qualifyName(this.name, tool.name) })) : chosen;
  }

  readonly #send: SendForCall = (method, params, effect, context) => {
    const { timeoutMs, maxExecutionTimeMs: maxDurationMs } = this.#options.settings;
    return sendRequest(this.#ports(), {
      ...{ method, params, effect, timeoutMs, maxDurationMs, signal: context.signal },
      onProgress: (text) => context.progress(text),
    });
  };

  #ports() {
    return { name: this.name, connection: this.#connection, clock: this.#options.clock };
  }
}

/** Of the list of a server that does not tell when it changes. */
const MAX_AGE_MS = 300_000;
