/** `tools.<name>` resolved, a shape per kind (spec/03 3.6). */
import type { JsonObject } from '../base/json.js';

/** spec/03 3.6 */
export type ToolSettings = FunctionToolSettings | CommandToolSettings | McpToolSettings;

export interface ToolLimits {
  /** Absolute. Default: the process's own. */
  readonly workingDirectory: string;
  /** Default 10 MiB. */
  readonly maxReadBytes: number;
  /** Default 1 MiB. */
  readonly maxWriteBytes: number;
  /** Of one call. Default 100. */
  readonly maxReplacements: number;
  /** Empty: every ending. */
  readonly allowedExtensions: readonly string[];
  readonly deniedExtensions: readonly string[];
  /** Changes of one file that can be taken back. Default 20. */
  readonly maxUndoSteps: number;
  /** Larger files are not searched. Default 10 MiB. */
  readonly maxFileBytes: number;
  /** Files that one search opens. Default 20,000. */
  readonly maxFiles: number;
  /** Default 1,000. */
  readonly maxResults: number;
  /** Default 30,000. */
  readonly maxExecutionTimeMs: number;
}

/** Of tools that reach out (TOOL-17, TOOL-18, TOOL-70). */
export interface WebLimits {
  /** Empty: every host. */
  readonly allowedDomains: readonly string[];
  readonly deniedDomains: readonly string[];
  readonly allowedMethods: readonly string[];
  /** Names, addresses and networks that may be asked although they are not public. */
  readonly allowPrivate: readonly string[];
  /** Default 1 MiB. */
  readonly maxRequestBytes: number;
  /** Decompressed. Default 10 MiB. */
  readonly maxResponseBytes: number;
  /** Default 10; 0 = none is followed. */
  readonly maxRedirects: number;
  /** Default 3. */
  readonly maxRetries: number;
  readonly userAgent: string;
  /** `undefined`: nobody searches. */
  readonly engine: 'tavily' | 'searxng' | undefined;
  /** Empty: none. */
  readonly apiKey: string;
  /** Empty: the engine's own address. */
  readonly baseUrl: string;
}

/** `undefined`: as the tool itself says. */
export interface CommonToolSettings {
  readonly enabled: boolean;
  readonly description: string | undefined;
  readonly requireApproval: boolean | undefined;
  readonly approvalPrompt: string | undefined;
  readonly effect: 'pure' | 'idempotent' | 'once' | undefined;
}

/** Limits are there when the handler is a built-in tool that reads them. */
export interface FunctionToolSettings extends CommonToolSettings, Partial<ToolLimits>, Partial<WebLimits> {
  readonly type: 'function';
  /** Name of a built-in tool or of one that code adds. */
  readonly handler: string;
  /** JSON Schema in place of the handler's own. */
  readonly parameters?: JsonObject | undefined;
}

export interface CommandToolSettings extends CommonToolSettings {
  readonly type: 'command';
  /** Absolute. Default: the process's own. */
  readonly workingDirectory: string;
  /** Default 30,000. */
  readonly maxExecutionTimeMs: number;
  /** Not empty: nothing else may run. */
  readonly allowedCommands: readonly string[];
  /** Beside those that never may run. */
  readonly deniedCommands: readonly string[];
  readonly denyByDefault: boolean;
  /** Default 256 KiB. */
  readonly maxOutputBytes: number;
  /** Names of variables that commands see beside the usual few. */
  readonly environment: readonly string[];
}

export interface McpToolSettings extends CommonToolSettings {
  readonly type: 'mcp';
  /** One of `url` and `command`. */
  readonly url: string | undefined;
  readonly command: string | undefined;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Absolute. `undefined`: the process's own. */
  readonly workingDirectory: string | undefined;
  readonly transport: 'auto' | 'stdio' | 'sse' | 'streamable-http';
  readonly headers: Readonly<Record<string, string>>;
  readonly oauth: McpOAuthSettings | undefined;
  /** No agent has its tools (TOOL-45). */
  readonly internal: boolean;
  /** Names as the server knows them. `undefined`: all. */
  readonly filter: readonly string[] | undefined;
  readonly prefix: 'on_collision' | 'always';
  readonly resources: boolean;
  readonly prompts: boolean;
  /** Absolute; what `roots/list` answers. Empty: the server cannot ask. */
  readonly roots: readonly string[];
  /** Which model writes for the server, and how much. `undefined`: none does. */
  readonly sampling: McpSamplingSettings | undefined;
  /** By the server's name of the tool. */
  readonly overrides: Readonly<Record<string, Omit<CommonToolSettings, 'enabled'>>>;
  /** Default 30,000. */
  readonly connectTimeoutMs: number;
  /** Of a step, for a list that is not there. Default 5,000. */
  readonly listWaitMs: number;
  /** Silence of a call. Default 300,000. */
  readonly timeoutMs: number;
  /** Of a call as a whole. Default 3,600,000. */
  readonly maxExecutionTimeMs: number;
  /** 0 = never. */
  readonly idleTimeoutMs: number;
}

export interface McpSamplingSettings {
  /** Key in `llms`. */
  readonly llm: string;
  /** Of one text. Default 1,024. */
  readonly maxTokens: number;
  /** Texts. Default 10. */
  readonly perMinute: number;
}

/** Empty = not given. */
export interface McpOAuthSettings {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly refreshToken: string;
  readonly scope: string;
  readonly issuer: string;
}
