import t from 'tap';
import { serverProgram, startEverything } from '../support/mcp-servers.js';
import { testMcpToolset } from './mcp-toolset.js';

testMcpToolset(t, {
  transport: 'stdio',
  start: async () => ({ type: 'mcp', command: process.execPath, args: [serverProgram('everything')] }),
});
testMcpToolset(t, {
  transport: 'streamable-http',
  start: async (t) => ({ type: 'mcp', url: (await startEverything(t, 'streamableHttp')).url }),
});
// By `auto`: the server refuses what is newer than it, with 404.
testMcpToolset(t, { transport: 'sse', start: async (t) => ({ type: 'mcp', url: (await startEverything(t, 'sse')).url }) });
