import { trimEndOf } from '../../base/trim.js';
import { choice, duration, flag, integer, list, optional, type Static, section, text } from '../schema-builder.js';
import type { ServerSettings } from '../settings.js';
import { ApprovalSchema, resolveApproval } from './approval.js';
import { AuthSchema, resolveAuth } from './auth.js';
import { CardSigningSchema, resolveCard, resolveCardSigning, ServerCardSchema } from './cards.js';
import { CorsSchema, resolveCors } from './cors.js';
import { PushSchema, resolvePush } from './push.js';
import { resolveTls, TlsSchema } from './tls.js';

/** CFG-80, spec README decision 3. */
const DEFAULT_GRPC_PORT = 50_051;

const LimitsSchema = section(
  {
    max_body_bytes: integer('Largest request body, bytes.', { default: 10_485_760, minimum: 1024, maximum: 1_073_741_824 }),
    max_pending_body_bytes: integer('Bytes of all request bodies together that have not arrived whole; what is beyond is refused.', {
      default: 268_435_456,
      minimum: 1_048_576,
    }),
    max_header_bytes: integer('Largest request head, bytes.', { default: 16_384, minimum: 1024, maximum: 1_048_576 }),
    max_message_parts: integer('Most parts of one message.', { default: 100, minimum: 1, maximum: 100_000 }),
    max_streams_per_caller: integer('Most open streams of one caller.', { default: 100, minimum: 1 }),
    request_timeout_ms: duration('Sending a request may take this long.', { default: 30_000, minimum: 1 }),
    max_stream_buffer_bytes: integer('Bytes queued for a slow reader before it is detached and caught up by cursor.', {
      default: 65_536,
      minimum: 1024,
    }),
    max_tool_bytes: integer("Most bytes of a tool call's arguments, of its result's content and of its result's data, each.", {
      default: 1_048_576,
      minimum: 1024,
      maximum: 67_108_864,
    }),
    max_event_bytes: integer(
      'Most bytes that one step of an agent may add to a task as artifacts and status messages, as JSON; a run that wants more ends as FAILED.',
      { default: 8_388_608, minimum: 65_536, maximum: 67_108_864 },
    ),
    max_history_messages: integer('Most messages of a session that a run reads, the newest; older ones are kept and no model sees them.', {
      default: 10_000,
      minimum: 100,
      maximum: 1_000_000,
    }),
    max_failed_logins: integer(
      'Credentials that nobody issued, of one address in a minute; after them it is refused until that minute ends, unless its credentials were good lately. 0 is any number.',
      { default: 100, minimum: 0 },
    ),
    max_management_requests: integer('Calls of the management API, of one address in a minute; 0 is any number.', {
      default: 6_000,
      minimum: 0,
    }),
    keep_alive_ms: duration('Silence on a stream after which a keep-alive comment is sent.', { default: 15_000, minimum: 1 }),
  },
  'Limits of what is taken in.',
);

export const ServerSchema = section(
  {
    host: text('Address to listen on.', { default: '0.0.0.0', minLength: 1 }),
    port: integer('Port to listen on; 0 takes any free one.', { default: 8080, minimum: 0, maximum: 65_535 }),
    public_url: text('Base URL that clients reach; empty derives it from each request.', {
      default: '',
      pattern: '^$|^https?://[^/?#@\\s]+(/[^?#\\s]*)?$',
      'x-form': 'http://… or https://…, with a path or without, no credentials, no query',
    }),
    trust_proxy: flag(
      'A proxy in front sets X-Forwarded-Proto, X-Forwarded-Host and X-Forwarded-For, and no client reaches this server without it.',
      {
        default: false,
      },
    ),
    tls: TlsSchema,
    cors: CorsSchema,
    auth: AuthSchema,
    studio: section(
      {
        enabled: flag('Callers of these roles may read and change this configuration at /api/config.', { default: false }),
        allowed_roles: list(text('Role of a caller.', { minLength: 1 }), 'Who may see and decide what belongs to others.', {
          default: ['operator', 'admin'],
        }),
      },
      'The management API.',
    ),
    card: ServerCardSchema,
    card_signing: CardSigningSchema,
    grpc_port: optional(
      integer('Port of the gRPC service; 0 takes any free one. Without it, and without transport grpc, there is no gRPC.', {
        minimum: 0,
        maximum: 65_535,
      }),
    ),
    grpc_public_address: text(
      'host:port at which clients reach gRPC; empty is the host of the base URL with the port that gRPC listens on.',
      {
        default: '',
        pattern: '^$|^(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9.-]+):\\d{1,5}$',
        'x-form': 'host:port, without a scheme',
      },
    ),
    transport: choice(
      ['json-rpc', 'grpc'],
      `grpc turns gRPC on, on port ${DEFAULT_GRPC_PORT} unless grpc_port says otherwise; HTTP is always served.`,
      {
        default: 'json-rpc',
        'x-aliases': { jsonrpc: 'json-rpc', http: 'json-rpc' },
      },
    ),
    http: choice(['auto', 'uws', 'node'], 'HTTP adapter; auto takes uWebSockets.js where it loads, else node:http.', { default: 'auto' }),
    a2a: section(
      {
        assume_version: choice(['', '1.0'], 'Protocol version of a request without A2A-Version; empty is 0.3, which is refused.', {
          default: '',
        }),
        close_on_input_required: flag('Send-streams end when the task asks for input.', { default: true }),
        legacy: flag('A2A 0.3 is spoken beside 1.0: its methods, its paths below /v1, its cards, its notifications.', { default: false }),
        push: PushSchema,
      },
      'The A2A protocol.',
    ),
    approval: ApprovalSchema,
    mcp: section(
      { enabled: flag('Serves the agents as tools of an MCP server, at /mcp and at /agents/{name}/mcp.', { default: false }) },
      'The Model Context Protocol.',
    ),
    limits: LimitsSchema,
    shutdown_timeout_ms: duration('Budget for finishing what is under way.', { default: 30_000, maximum: 3_600_000 }),
    drain_delay_ms: duration(
      'How long a front that was told to stop says it is not ready while it still serves, so that load balancers go elsewhere; part of shutdown_timeout_ms, at most half of it; 0 is not at all.',
      { default: 2_000, maximum: 3_600_000 },
    ),
  },
  'The HTTP front.',
);

export function resolveServer(server: Static<typeof ServerSchema>, workingDirectory: string): ServerSettings {
  const { limits } = server;
  return {
    host: server.host,
    port: server.port,
    publicUrl: trimEndOf(server.public_url, '/'),
    trustProxy: server.trust_proxy,
    tls: resolveTls(server.tls, workingDirectory),
    cors: resolveCors(server.cors),
    auth: resolveAuth(server.auth),
    studio: { enabled: server.studio.enabled, allowedRoles: server.studio.allowed_roles },
    card: resolveCard(server.card),
    cardSigning: resolveCardSigning(server.card_signing),
    grpcPort: server.grpc_port ?? (server.transport === 'grpc' ? DEFAULT_GRPC_PORT : undefined),
    grpcPublicAddress: server.grpc_public_address,
    http: server.http,
    a2a: {
      assumeVersion: server.a2a.assume_version,
      closeOnInputRequired: server.a2a.close_on_input_required,
      legacy: server.a2a.legacy,
      push: resolvePush(server.a2a.push),
    },
    approval: resolveApproval(server.approval),
    mcp: { enabled: server.mcp.enabled },
    limits: {
      maxBodyBytes: limits.max_body_bytes,
      maxPendingBodyBytes: limits.max_pending_body_bytes,
      maxHeaderBytes: limits.max_header_bytes,
      maxMessageParts: limits.max_message_parts,
      maxStreamsPerCaller: limits.max_streams_per_caller,
      requestTimeoutMs: limits.request_timeout_ms,
      maxStreamBufferBytes: limits.max_stream_buffer_bytes,
      maxToolBytes: limits.max_tool_bytes,
      maxEventBytes: limits.max_event_bytes,
      maxHistoryMessages: limits.max_history_messages,
      maxFailedLogins: limits.max_failed_logins,
      maxManagementRequests: limits.max_management_requests,
      keepAliveMs: limits.keep_alive_ms,
    },
    shutdownTimeoutMs: server.shutdown_timeout_ms,
    drainDelayMs: server.drain_delay_ms,
  };
}
