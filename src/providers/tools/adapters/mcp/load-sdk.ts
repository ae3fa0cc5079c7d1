/** The parts of the SDK that a client needs, loaded with the first connection: a configuration without MCP never pays for them. */
export async function loadSdk() {
  const [{ Client }, { StreamableHTTPClientTransport, StreamableHTTPError }, { SSEClientTransport }, stdio, types, auth] =
    await Promise.all([
      import('@modelcontextprotocol/sdk/client/index.js'),
      import('@modelcontextprotocol/sdk/client/streamableHttp.js'),
      import('@modelcontextprotocol/sdk/client/sse.js'),
      import('@modelcontextprotocol/sdk/client/stdio.js'),
      import('@modelcontextprotocol/sdk/types.js'),
      import('@modelcontextprotocol/sdk/client/auth.js'),
    ]);
  const { deserializeMessage, serializeMessage } = await import('@modelcontextprotocol/sdk/shared/stdio.js');
  const { OAuthError } = await import('@modelcontextprotocol/sdk/server/auth/errors.js');
  return {
    Client,
    StreamableHTTPClientTransport,
    StreamableHTTPError,
    SSEClientTransport,
    deserializeMessage,
    serializeMessage,
    getDefaultEnvironment: stdio.getDefaultEnvironment,
    UnauthorizedError: auth.UnauthorizedError,
    OAuthError,
    McpError: types.McpError,
    ResultSchema: types.ResultSchema,
    ToolListChanged: types.ToolListChangedNotificationSchema,
    ListRoots: types.ListRootsRequestSchema,
    CreateMessage: types.CreateMessageRequestSchema,
    ErrorCode: types.ErrorCode,
    LoggingMessage: types.LoggingMessageNotificationSchema,
  };
}

export type McpSdk = Awaited<ReturnType<typeof loadSdk>>;
