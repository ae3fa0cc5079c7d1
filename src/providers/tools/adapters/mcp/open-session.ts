/** One session with a server: its transport, the handshake, and what tells that it is over. */
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { untilAborted } from '../../../../base/abort.js';
import type { Clock } from '../../../../base/clock.js';
import { AppError } from '../../../../base/errors.js';
import { readVersion } from '../../../../base/version.js';
import type { McpToolSettings } from '../../../../config/settings.js';
import type { Logger } from '../../../../observe/log.js';
import { answerServer, capabilitiesOf } from './answer-server.js';
import { cleanLine } from './clean-text.js';
import { describeFailure } from './describe-failure.js';
import { createGuardedFetch } from './guarded-fetch.js';
import type { McpSdk } from './load-sdk.js';
import { OAuthCredentials } from './oauth.js';
import type { Sample } from './sample.js';
import { StdioTransport } from './stdio-transport.js';
import { AnswerWatch, HttpStatusError } from './watch-answers.js';

export type TransportKind = 'stdio' | 'sse' | 'streamable-http';

export interface McpSession {
  readonly client: Client;
  readonly sdk: McpSdk;
  readonly transport: TransportKind;
  /** Aborted when nothing can be sent any more, whoever ended it; its reason is an AppError `MCP_UNAVAILABLE`. */
  readonly over: AbortSignal;
  /** The server knows the session by an id, and may forget it. */
  hasId(): boolean;
  close(): Promise<void>;
}

export interface OpenSessionOptions {
  /** Key in `tools`. */
  readonly name: string;
  readonly settings: McpToolSettings;
  readonly sdk: McpSdk;
  /** Folder for tokens. */
  readonly tokenDirectory: string;
  /** The server says that its tools are others now. */
  readonly onToolsChanged: () => void;
  /** Writes for the server; with `settings.sampling`. */
  readonly sample?: Sample | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * `auto` (TOOL-40): a command is stdio; a URL is streamable HTTP, and SSE where the server refuses that as servers of the older
 * protocol do (400, 404, 405).
 * @throws AppError `MCP_UNAVAILABLE`, `MCP_UNAUTHORIZED`; nothing is left running then.
 */
export async function openSession(options: OpenSessionOptions, kind: TransportKind | 'auto', signal: AbortSignal): Promise<McpSession> {
  if (kind !== 'auto') return await open(kind, options, signal);
  try {
    return await open('streamable-http', options, signal);
  } catch (error) {
    const cause = error instanceof AppError ? error.cause : error;
    if (!(cause instanceof HttpStatusError) || !OLDER_PROTOCOL.has(cause.status) || signal.aborted) throw error;
    return await open('sse', options, signal);
  }
}

async function open(kind: TransportKind, options: OpenSessionOptions, signal: AbortSignal): Promise<McpSession> {
  const { name, settings, sdk, clock, log } = options;
  const late = new AbortController();
  const cancelTimer = clock.after(settings.connectTimeoutMs, () =>
    late.abort(
      new AppError('MCP_UNAVAILABLE', {
        message: `tools.${name}: the MCP server did not answer within ${settings.connectTimeoutMs} ms (tools.${name}.connect_timeout)`,
      }),
    ),
  );
  const bounded = AbortSignal.any([signal, late.signal]);
  const client = new sdk.Client({ name: 'hector', version: readVersion() }, { capabilities: capabilitiesOf(options) });
  answerServer(client, options);
  const { transport, watch, describeEnd } = createTransport(kind, options);
  const over = new AbortController();
  // Before the handshake: the SDK calls these before its own.
  transport.onclose = () => {
    watch?.close();
    const end = describeEnd();
    over.abort(new AppError('MCP_UNAVAILABLE', { message: `tools.${name}: the connection broke${end === '' ? '' : `: ${end}`}` }));
  };
  transport.onmessage = (message) => watch?.arrived(message);
  client.onerror = (error) =>
    log.debug({ server: name, err: error }, 'an MCP server said something that is no message, or its stream broke');
  client.setNotificationHandler(sdk.ToolListChanged, () => options.onToolsChanged());
  client.setNotificationHandler(sdk.LoggingMessage, ({ params: { level, data } }) => {
    log.debug({ server: name, level }, cleanLine(typeof data === 'string' ? data : JSON.stringify(data)));
  });
  try {
    // The SDK's own timer would need its own clock; this one bounds the whole handshake.
    await untilAborted(client.connect(transport, { signal: bounded, timeout: FOR_EVER_MS }), bounded);
  } catch (error) {
    await transport.close().catch(() => undefined);
    if (signal.aborted) throw error;
    // What a program was ended by says more than that its pipe is closed.
    const isEnd = kind === 'stdio' && over.signal.aborted && !(error instanceof AppError);
    const reason = late.signal.aborted ? late.signal.reason : isEnd ? over.signal.reason : error;
    throw describeFailure(reason, { name, doing: `cannot be reached by ${kind}`, sdk });
  } finally {
    cancelTimer();
  }
  return {
    client,
    sdk,
    transport: kind,
    over: over.signal,
    hasId: () => transport.sessionId !== undefined || kind === 'sse',
    async close() {
      // Politeness: a server that keeps sessions may forget this one. It is not waited for long.
      if ('terminateSession' in transport && !over.signal.aborted) {
        const asked = (transport as { terminateSession(): Promise<void> }).terminateSession().catch(() => undefined);
        await Promise.race([asked, clock.sleep(FAREWELL_MS)]);
      }
      await client.close();
    },
  };
}

interface OpenTransport {
  readonly transport: Transport;
  readonly watch?: AnswerWatch;
  describeEnd(): string;
}

function createTransport(
  kind: TransportKind,
  { name, settings, sdk, tokenDirectory, clock, log }: Omit<OpenSessionOptions, 'onToolsChanged'>,
): OpenTransport {
  if (kind === 'stdio') {
    const { command = '', args, env, workingDirectory } = settings;
    const transport = new StdioTransport({ name, command, args, env, workingDirectory, sdk, clock, log });
    return { transport, describeEnd: () => transport.describeEnd() };
  }
  const url = new URL(settings.url ?? '');
  const authProvider =
    settings.oauth === undefined ? undefined : new OAuthCredentials({ name, oauth: settings.oauth, directory: tokenDirectory });
  const watch: AnswerWatch = new AnswerWatch({
    clock,
    fetch: createGuardedFetch({ name, url, issuer: settings.oauth?.issuer ?? '' }),
    origin: url.origin,
    headers: settings.headers,
    deliver: (message) => transport.onmessage?.(message),
    ...(kind === 'sse' ? { onBroken: () => void transport.close() } : {}),
  });
  const common = { fetch: watch.fetch, ...(authProvider === undefined ? {} : { authProvider }) };
  const transport = (
    kind === 'sse'
      ? new sdk.SSEClientTransport(url, common)
      : new sdk.StreamableHTTPClientTransport(url, { ...common, reconnectionOptions: RESUMPTION })
  ) as Transport;
  return { transport, watch, describeEnd: () => '' };
}

const OLDER_PROTOCOL: ReadonlySet<number> = new Set([400, 404, 405]);
const RESUMPTION = { initialReconnectionDelay: 250, maxReconnectionDelay: 2_000, reconnectionDelayGrowFactor: 2, maxRetries: 4 };
/** The longest that a timer can have. */
export const FOR_EVER_MS = 2_147_483_647;
const FAREWELL_MS = 500;
