import { isoTime } from '../base/clock.js';
import { redactText } from '../observe/redact.js';
import type { StudioPorts } from './studio-ports.js';
import type { StudioResponse } from './studio-route.js';

/** `GET /api/toolsets`: the MCP servers that this process uses, and how they are (TOOL-41). */
export function listToolsets({ toolsets }: StudioPorts): StudioResponse {
  return {
    status: 200,
    body: {
      toolsets: toolsets().map(({ name, state, transport, server, tools, problems, connectedAt, failure }) => ({
        name,
        state,
        transport,
        server,
        tools,
        // What a server says of itself may be anything, its own variables included (SEC-17).
        problems: problems.map(redactText),
        ...(connectedAt === undefined ? {} : { connected_at: isoTime(connectedAt) }),
        ...(failure === undefined
          ? {}
          : { failure: { message: redactText(failure.message), at: isoTime(failure.at), next_try_at: isoTime(failure.nextTryAt) } }),
      })),
    },
  };
}
