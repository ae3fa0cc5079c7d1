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
  const { ReadBuffer, serializeMessage } = await import('@modelcontextprotocol/sdk/shared/stdio.js');
  return {
    Client,
    StreamableHTTPClientTransport,
    StreamableHTTPError,
    SSEClientTransport,
    ReadBuffer,
    serializeMessage,
    getDefaultEnvironment: stdio.getDefaultEnvironment,
    UnauthorizedError: auth.UnauthorizedError,
    McpError: types.McpError,
    ResultSchema: types.ResultSchema,
    ToolListChanged: types.ToolListChangedNotificationSchema,
    LoggingMessage: types.LoggingMessageNotificationSchema,
  };
}

export type McpSdk = Awaited<ReturnType<typeof loadSdk>>;
