/** Settings → the components that runs need, built in the order of ARC-04. Frozen; a changed configuration makes a new one. */
import type { Agent } from '../agents/agent.js';
import { createCustomAgent } from '../agents/custom/create-custom-agent.js';
import { createLlmAgent } from '../agents/llm/create-llm-agent.js';
import type { Clock } from '../base/clock.js';
import { AppError } from '../base/errors.js';
import type { Settings } from '../config/settings.js';
import type { Retriever } from '../knowledge/retriever.js';
import type { Logger } from '../observe/log.js';
import type { LanguageModel } from '../providers/llms/contract.js';
import { withFallbacks } from '../providers/llms/fallback.js';
import { createLanguageModel } from '../providers/llms/registry.js';
import { findWantedToolsets } from '../providers/tools/may-be-offered.js';
import type { MemorySearch } from '../providers/tools/memory-search.js';
import { createTools, findMemoryTool } from '../providers/tools/registry.js';
import { ActiveSteps } from './active-steps.js';
import type { Extensions } from './extensions.js';
import type { HeldToolsets, ToolsetPool } from './toolset-pool.js';

export interface Snapshot {
  readonly settings: Settings;
  readonly retriever: Retriever;
  /** @throws AppError `AGENT_NOT_FOUND`. */
  getAgent(name: string): Agent;
  /** Lets go of the servers that its tools come from when no step runs on it any more; may be called twice. */
  close(): Promise<void>;
}

export interface SnapshotDependencies {
  /** The document stores of these settings. */
  createRetriever(settings: Settings): Retriever;
  /** What was said in sessions, as these settings find it (MEM-05). Default: no agent can search it. */
  createMemory?(settings: Settings): MemorySearch;
  readonly toolsets: ToolsetPool;
  readonly extensions: Extensions;
  readonly clock: Clock;
  readonly log: Logger;
}

export async function createSnapshot(settings: Settings, dependencies: SnapshotDependencies): Promise<Snapshot> {
  const models = await createModels(settings, dependencies);
  const retriever = dependencies.createRetriever(settings);
  const toolsets = dependencies.toolsets.hold(settings);
  const steps = new ActiveSteps();
  const agents = createAgents(settings, models, retriever, toolsets, dependencies);
  return Object.freeze({
    settings,
    retriever,
    getAgent(name: string) {
      const agent = agents.get(name);
      const handler = settings.agents[name]?.handler;
      if (agent === undefined && handler !== undefined) {
        throw new AppError('AGENT_HANDLER_MISSING', {
          message: `agents.${name}: this process has no handler '${handler}'; start it from the program that registers '${handler}', or without the role agent`,
        });
      }
      if (agent === undefined)
        throw new AppError('AGENT_NOT_FOUND', { message: `Configuration ${settings.version} has no agent '${name}'` });
      return steps.count(agent);
    },
    async close() {
      await steps.ended();
      await toolsets.release();
    },
  });
}

async function createModels(
  settings: Settings,
  { extensions, clock, log }: SnapshotDependencies,
): Promise<ReadonlyMap<string, LanguageModel>> {
  const models = new Map<string, LanguageModel>();
  for (const [name, llm] of Object.entries(settings.llms)) {
    models.set(name, extensions.createLanguageModel?.(name, llm) ?? (await createLanguageModel(llm, { name, clock, log })));
  }
  return withFallbacks(settings.llms, models, log);
}

function createAgents(
  settings: Settings,
  models: ReadonlyMap<string, LanguageModel>,
  retriever: Retriever,
  { forAgents: toolsets }: HeldToolsets,
  dependencies: SnapshotDependencies,
): ReadonlyMap<string, Agent> {
  const { extensions, clock, log } = dependencies;
  const memory = dependencies.createMemory?.(settings);
  const agents = new Map<string, Agent>();
  for (const [name, agent] of Object.entries(settings.agents)) {
    const { approval, limits } = settings.server;
    const approvalExpiresAfterMs = approval.expiresAfterMs;
    if (agent.type === 'custom') {
      const handler = extensions.handlers?.get(agent.handler ?? name);
      if (handler !== undefined)
        agents.set(name, createCustomAgent({ name, settings: agent, handler, approvalExpiresAfterMs, clock, log }));
      continue;
    }
    const model = models.get(agent.llm);
    const llm = settings.llms[agent.llm];
    if (model === undefined || llm === undefined)
      throw new AppError('CONFIG_INVALID', { message: `agents.${name}.llm: there is no llm '${agent.llm}'` });
    const own = createTools({
      agent: name,
      tools: agent.tools,
      declared: settings.tools,
      builtInTools: settings.builtInTools,
      documentStores: agent.documentStores,
      hasDocumentStores: Object.keys(settings.documentStores).length > 0,
      search: retriever,
      extensions: extensions.tools ?? [],
      clock,
    });
    const recall =
      memory !== undefined && agent.search.enabled ? findMemoryTool({ memory, maxResults: agent.search.maxResults }, own) : undefined;
    const tools = recall === undefined ? own : [...own, recall];
    const wanted = findWantedToolsets(
      agent.tools,
      tools.map((tool) => tool.name),
      settings.tools,
    );
    agents.set(
      name,
      createLlmAgent({
        ...{ name, settings: agent, model, llm, tools, retriever, clock, log },
        toolsets: toolsets.filter((toolset) => wanted.includes(toolset.name)),
        approvalExpiresAfterMs,
        maxToolBytes: limits.maxToolBytes,
      }),
    );
  }
  return agents;
}
