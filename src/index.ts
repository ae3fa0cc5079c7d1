/**
 * Hector as a library: agents in code beside those of the configuration (PRG-01, PRG-03, PRG-16, AGT-70).
 *
 * Every process of a deployment runs the same program, with the same registrations, and says which roles it has.
 */
import type { AgentHandler } from './agents/custom/handler.js';
import { type AgentCustomization, assertCustomization } from './agents/llm/customization.js';
import { AppError } from './base/errors.js';
import { isJsonObject, type JsonObject, type JsonValue } from './base/json.js';
import { findAgentPath, listAgents, walkAgents } from './config/agent-graph.js';
import { type Environment, processEnvironment } from './config/environment.js';
import { loadSettings } from './config/load-settings.js';
import { mergeDocuments } from './config/merge-documents.js';
import type { AgentSettings, Settings } from './config/settings.js';
import { createLogger, type Logger } from './observe/log.js';
import type { Tool } from './providers/tools/contract.js';
import { ROLES, type Role, type Hector as RunningHector } from './runtime/hector.js';
import { listenForStrayRejections } from './runtime/stray-rejections.js';

export type {
  AgentContext,
  AgentHandler,
  ArtifactOutput,
  EffectContext,
  EndOutput,
  HistoryMessage,
  MessageOutput,
  Output,
  OutputPart,
  Result,
  StatusOutput,
  TextOutput,
  WaitOutput,
} from './agents/custom/handler.js';
export type {
  AgentCallbacks,
  AgentCustomization,
  InstructionProvider,
  InvocationContext,
  ModelAnswer,
  Stage,
  ToolCallInfo,
} from './agents/llm/customization.js';
export { AppError } from './base/errors.js';
export type { JsonObject, JsonValue } from './base/json.js';
export type { Environment } from './config/environment.js';
export type { AgentSettings, Settings } from './config/settings.js';
export type { Logger } from './observe/log.js';
export type { Artifact, Message, Part } from './protocol/a2a.js';
export type { FinishReason, ModelRequest, ModelUsage } from './providers/llms/contract.js';
export type {
  ArtifactToSave,
  RememberedMessage,
  Tool,
  ToolArtifact,
  ToolArtifacts,
  ToolContext,
  ToolMemory,
  ToolResult,
} from './providers/tools/contract.js';
export { defineTool, type ToolDescription } from './providers/tools/define-tool.js';
export type { Hector as RunningHector, Role } from './runtime/hector.js';
export type { FilePart, SessionMessage, SessionPart, ToolCallPart, ToolResultPart } from './tasks/session-message.js';
export type { SessionState, StateDelta } from './tasks/session-state.js';
export type { ToolEffect } from './tasks/tool-call.js';

export interface HectorOptions {
  /** Path of a configuration file, or the configuration itself in the file's words. Default: `.hector/config.yaml` when it exists. */
  readonly config?: string | JsonObject;
  /** Relative paths start here. Default: the process's own. */
  readonly workingDirectory?: string;
  /** Default: the process's own, with `.env` files below it. */
  readonly environment?: Environment;
}

/** What the configuration says of the agent wins; see `agents` there for meanings and defaults. */
export interface AgentOptions {
  /** Display name. Default: the key. */
  readonly name?: string;
  readonly description?: string;
  /** Default `['text/plain']`. */
  readonly inputModes?: readonly string[];
  /** Default `['text/plain']`. */
  readonly outputModes?: readonly string[];
  /** Default `public`. */
  readonly visibility?: 'public' | 'internal' | 'private';
  /** Default true. */
  readonly streaming?: boolean;
  /** It may answer with a message in place of a task; streams then begin with its first output. Default false. */
  readonly directMessages?: boolean;
  /** Default `enqueue`. */
  readonly doubleTexting?: 'enqueue' | 'reject' | 'interrupt' | 'rollback';
  readonly skills?: readonly {
    readonly id: string;
    readonly name: string;
    readonly description?: string;
    readonly tags?: readonly string[];
    readonly examples?: readonly string[];
  }[];
}

export interface StartOptions {
  /** What this process does: `front`, `agent`, `ingest`, `keeper`. Default: all. */
  readonly roles?: readonly Role[];
  /** Default: as `logger` of the configuration says, on standard error. */
  readonly log?: Logger;
}

export interface ServeOptions extends StartOptions {
  /** Aborting it ends serving, as SIGTERM and SIGINT do. */
  readonly signal?: AbortSignal;
  /** Called when requests are taken. */
  readonly onReady?: (hector: RunningHector) => void;
}

/** A handler by itself, typed as one: what it yields is checked where it is written. */
export function defineAgent<State extends object = Record<string, JsonValue | undefined>>(
  handler: AgentHandler<State>,
): AgentHandler<State> {
  return handler;
}

export class Hector {
  readonly #options: HectorOptions;
  readonly #handlers = new Map<string, AgentHandler>();
  /** What questions about agents are answered from: read with the first of them, and again after an agent was added. */
  #known: Settings['agents'] | undefined;
  readonly #agents = new Map<string, AgentOptions>();
  readonly #tools = new Map<string, Tool>();
  readonly #customizations = new Map<string, AgentCustomization>();

  constructor(options: HectorOptions = {}) {
    this.#options = options;
  }

  static fromConfig(path: string, options: Omit<HectorOptions, 'config'> = {}): Hector {
    return new Hector({ ...options, config: path });
  }

  /**
   * Registers code under a name. Agents of the configuration with `type: custom` and this `handler` (default: their key) run it; if there
   * is none, the registration makes one of this name.
   * @throws AppError `CONFIG_INVALID` when the name is taken.
   */
  agent<State extends object = Record<string, JsonValue | undefined>>(
    name: string,
    handler: AgentHandler<State>,
    options: AgentOptions = {},
  ): this {
    if (typeof handler !== 'function')
      throw new AppError('CONFIG_INVALID', { message: `agent '${name}': the handler is a ${typeof handler}; wanted a function` });
    if (this.#handlers.has(name)) throw new AppError('CONFIG_INVALID', { message: `agent '${name}' is registered twice` });
    this.#handlers.set(name, handler as unknown as AgentHandler);
    this.#agents.set(name, options);
    this.#known = undefined;
    return this;
  }

  /**
   * Adds code to an agent of the configuration with `type: llm`: callbacks, instructions, stages of its pipelines (AGT-04, AGT-14, AGT-67).
   * @throws AppError `CONFIG_INVALID` when it has some already, and for a name that nothing calls; `settings()` when there is no such agent.
   */
  customize(agent: string, customization: AgentCustomization): this {
    if (this.#customizations.has(agent)) throw new AppError('CONFIG_INVALID', { message: `agent '${agent}' is customized twice` });
    assertCustomization(agent, customization);
    this.#customizations.set(agent, { ...customization });
    return this;
  }

  /**
   * Adds a tool that agents of the configuration may use by its name (PRG-16).
   * @throws AppError `CONFIG_INVALID` when the name is taken.
   */
  tool(tool: Tool): this {
    if (this.#tools.has(tool.name)) throw new AppError('CONFIG_INVALID', { message: `tool '${tool.name}' is registered twice` });
    this.#tools.set(tool.name, tool);
    return this;
  }

  /** The configuration with what is registered. @throws AppError `CONFIG_*`, with every problem at once. */
  settings(): Settings {
    const { config, workingDirectory, environment = processEnvironment() } = this.#options;
    const settings = loadSettings({
      environment,
      ...(workingDirectory === undefined ? {} : { workingDirectory }),
      ...(typeof config === 'string' ? { file: config } : config === undefined ? {} : { document: config }),
      overrides: (document) => describeAgents(document, this.#agents),
    });
    for (const agent of this.#customizations.keys()) assertCustomizable(agent, settings);
    return settings;
  }

  /** The keys of all agents, sorted (AGT-29). */
  listAgents(): readonly string[] {
    return listAgents(this.#getAgents());
  }

  /** The keys of those that this agent reaches by `sub_agents`, itself first; empty when there is no such agent. */
  walkAgents(root: string): readonly string[] {
    return walkAgents(this.#getAgents(), root);
  }

  /** From one agent down to another by `sub_agents`, both included; `undefined`: there is no way. */
  findAgentPath(root: string, name: string): readonly string[] | undefined {
    return findAgentPath(this.#getAgents(), root, name);
  }

  /** What the configuration and the program say of an agent; `undefined`: there is none. */
  findAgent(name: string): AgentSettings | undefined {
    const agents = this.#getAgents();
    return Object.hasOwn(agents, name) ? agents[name] : undefined;
  }

  #getAgents(): Settings['agents'] {
    this.#known ??= this.settings().agents;
    return this.#known;
  }

  /** Starts the roles and resolves when they work. @throws AppError that says what is missing; nothing is left running then. */
  async start({ roles = ROLES, log }: StartOptions = {}): Promise<RunningHector> {
    const settings = this.settings();
    const logger = log ?? createLogger(settings.logger);
    // Loaded when it is needed: registering agents costs no database driver.
    const { startHector } = await import('./compose.js');
    const extensions = { handlers: this.#handlers, tools: [...this.#tools.values()], customizations: this.#customizations };
    return await startHector(settings, { roles: new Set(roles), log: logger, extensions });
  }

  /**
   * Starts, serves until SIGTERM, SIGINT or `signal`, and drains. A second signal ends the process at once. While it serves, a promise that is
   * rejected and that nobody handles does not end the process: it is logged, and the run whose code it was fails.
   */
  async serve({ signal, onReady, ...options }: ServeOptions = {}): Promise<void> {
    const log = options.log ?? createLogger(this.settings().logger);
    const forgetStrays = listenForStrayRejections(log);
    const stop = new AbortController();
    const onStop = () => {
      process.off('SIGTERM', onStop).off('SIGINT', onStop);
      stop.abort();
    };
    process.once('SIGTERM', onStop).once('SIGINT', onStop);
    signal?.addEventListener('abort', onStop, { once: true });
    if (signal?.aborted) onStop();
    try {
      const hector = await this.start({ ...options, log });
      try {
        onReady?.(hector);
        if (!stop.signal.aborted)
          await new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve(), { once: true }));
      } finally {
        await hector.close();
      }
    } finally {
      forgetStrays();
      process.off('SIGTERM', onStop).off('SIGINT', onStop);
      signal?.removeEventListener('abort', onStop);
    }
  }
}

function assertCustomizable(agent: string, { agents }: Settings): void {
  const type = Object.hasOwn(agents, agent) ? agents[agent]?.type : undefined;
  if (type === 'llm') return;
  const found = type === undefined ? `there is none; 'agents' has ${Object.keys(agents).join(', ')}` : `it is of type ${type}`;
  throw new AppError('CONFIG_INVALID', { message: `customize('${agent}'): wanted an agent with type: llm; ${found}` });
}

/** Registrations as overrides of the document: what it says already stays. */
function describeAgents(document: JsonObject, registered: ReadonlyMap<string, AgentOptions>): JsonObject {
  const declared = Object.entries(isJsonObject(document['agents']) ? document['agents'] : {});
  const agents: Record<string, JsonObject> = {};
  for (const [name, options] of registered) {
    const bound = declared.filter(
      ([key, agent]) => isJsonObject(agent) && agent['type'] === 'custom' && (agent['handler'] ?? key) === name,
    );
    for (const [key, agent] of bound) agents[key] = mergeDocuments(describeAgent(options), agent as JsonObject);
    if (bound.length > 0) continue;
    if (declared.some(([key]) => key === name)) {
      const message = `agents.${name} is in the configuration and in code; wanted 'type: custom' there, or another name here`;
      throw new AppError('CONFIG_INVALID', { message, problems: [{ field: `agents.${name}.type`, description: 'wanted custom' }] });
    }
    agents[name] = { type: 'custom', handler: name, ...describeAgent(options) };
  }
  return Object.keys(agents).length === 0 ? {} : { agents };
}

function describeAgent({ inputModes, outputModes, directMessages, doubleTexting, ...rest }: AgentOptions): JsonObject {
  const described = {
    ...rest,
    input_modes: inputModes,
    output_modes: outputModes,
    direct_messages: directMessages,
    double_texting: doubleTexting,
  };
  return JSON.parse(JSON.stringify(described)) as JsonObject;
}
