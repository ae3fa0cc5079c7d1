/** The reference servers of MCP as processes of their own, which a test may kill and start again at the same place. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Test } from 'tap';
import { createToolHandles } from '../../src/agents/llm/tool-handles.js';
import { systemClock } from '../../src/base/clock.js';
import type { JsonObject } from '../../src/base/json.js';
import { loadSettings } from '../../src/config/load-settings.js';
import type { McpToolSettings } from '../../src/config/settings.js';
import { type Logger, silentLogger } from '../../src/observe/log.js';
import type { LanguageModel } from '../../src/providers/llms/contract.js';
import { McpToolset } from '../../src/providers/tools/adapters/mcp/mcp-toolset.js';
import type { Tool, ToolContext } from '../../src/providers/tools/contract.js';
import { freePort, temporaryDirectory } from './start-hector.js';

/** Program of a reference server, for `args` behind the path of Node. */
export function serverProgram(name: 'everything' | 'filesystem' | 'memory'): string {
  return path.resolve(`node_modules/@modelcontextprotocol/server-${name}/dist/index.js`);
}

export interface ListeningServer {
  readonly url: string;
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** `server-everything` on a port. Killed with the test. */
export async function startEverything(t: Test, kind: 'sse' | 'streamableHttp'): Promise<ListeningServer> {
  const port = await freePort();
  let child: ChildProcess | undefined;
  const kill = async () => {
    const running = child;
    child = undefined;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    running.kill('SIGKILL');
    await once(running, 'exit');
  };
  const start = async () => {
    const started = spawn(process.execPath, [serverProgram('everything'), kind], {
      env: { PATH: process.env['PATH'], PORT: String(port) },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child = started;
    await new Promise<void>((resolve, reject) => {
      let said = '';
      started.stderr?.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (/(running|listening) on port/i.test(said)) resolve();
      });
      started.once('exit', () => reject(new Error(`the server ended before it listened:\n${said}`)));
    });
  };
  t.teardown(kill);
  await start();
  return { url: `http://127.0.0.1:${port}/${kind === 'sse' ? 'sse' : 'mcp'}`, kill, start };
}

export interface TestToolsetOptions {
  readonly name?: string;
  readonly log?: Logger;
  /** Behind `sampling_llm: main`. */
  readonly samplingModel?: LanguageModel;
}

/** A toolset as a configuration has it. Closed with the test. */
export async function openToolset(
  t: Test,
  tool: JsonObject,
  { name = 'everything', log = silentLogger, samplingModel }: TestToolsetOptions = {},
): Promise<McpToolset> {
  const directory = await temporaryDirectory(t);
  const settings = loadSettings({
    overrides: { llms: { main: { provider: 'offline' } }, tools: { [name]: tool } },
    workingDirectory: directory,
    environment: {},
  }).tools[name];
  const toolset = new McpToolset({
    name,
    settings: settings as McpToolSettings,
    tokenDirectory: path.join(directory, 'tokens'),
    samplingModel,
    clock: systemClock,
    log,
  });
  t.teardown(() => toolset.close());
  return toolset;
}

export async function listTools(toolset: McpToolset): Promise<readonly Tool[]> {
  return toolset.list(new AbortController().signal);
}

export async function getTool(toolset: McpToolset, name: string): Promise<Tool> {
  const tools = await listTools(toolset);
  const tool = tools.find((one) => one.name === name);
  if (tool === undefined)
    throw new Error(`no tool '${name}' among ${tools.map((one) => one.name).join(', ')}: ${JSON.stringify(toolset.health())}`);
  return tool;
}

export function toolContext(change: Partial<ToolContext> = {}): ToolContext {
  return {
    taskId: 'task-1',
    contextId: 'context-1',
    agent: 'helper',
    owner: 'local',
    callId: 'call-1',
    idempotencyKey: 'key-1',
    signal: new AbortController().signal,
    sessionState: {},
    ...createToolHandles(undefined, { taskId: 'task-1', agent: 'helper', signal: new AbortController().signal, saved: [] }),
    progress: () => undefined,
    ...change,
  };
}
