/** Settings → the components that runs need, built in the order of ARC-04. Frozen; a changed configuration makes a new one. */
import type { Agent } from '../agents/agent.js';
import { createCustomAgent } from '../agents/custom/create-custom-agent.js';
import { buildGuardrails } from '../agents/guardrails/build-guardrails.js';
import type { InstructionSource } from '../agents/llm/compose-instructions.js';
import { createLlmAgent } from '../agents/llm/create-llm-agent.js';
import { measureModel } from '../agents/llm/measure-model.js';
import type { ToolHandleSources } from '../agents/llm/tool-handles.js';
import { createRemoteAgent } from '../agents/remote/create-remote-agent.js';
import { isRemote, RemotePeer } from '../agents/remote/remote-peer.js';
import { createRunnerAgent } from '../agents/workflow/create-runner-agent.js';
import type { Clock } from '../base/clock.js';
import { AppError } from '../base/errors.js';
import { listAgentsAbove } from '../config/agent-graph.js';
import type { AgentSettings, Settings } from '../config/settings.js';
import type { SearchAids } from '../knowledge/search/create-retriever.js';
import type { Retriever } from '../knowledge/search/retriever.js';
import type { SessionArtifacts } from '../memory/artifacts/session-artifacts.js';
import type { Logger } from '../observe/log.js';
import { type Observer, silentObserver } from '../observe/observer.js';
import type { LanguageModel } from '../providers/llms/contract.js';
import { withFallbacks } from '../providers/llms/fallback.js';
import { createLanguageModel } from '../providers/llms/registry.js';
import type { Tool } from '../providers/tools/contract.js';
import { findWantedToolsets } from '../providers/tools/may-be-offered.js';
import type { MemorySearch } from '../providers/tools/memory-search.js';
import { createTools, findMemoryTool } from '../providers/tools/registry.js';
import { ActiveSteps } from './active-steps.js';
import { buildAgents, missingHandler } from './build-agents.js';
import type { Extensions } from './extensions.js';
import type { HeldToolsets, ToolsetPool } from './toolset-pool.js';

export interface Snapshot {
  readonly settings: Settings;
  readonly retriever: Retriever;
  /** @throws AppError `AGENT_NOT_FOUND`. */
  getAgent(name: string): Agent;
  /** It lets go of nothing before this turn of a worker is over. */
  hold(turn: AbortSignal): void;
  /** The server behind an agent of `type: remote`; `undefined` for others. */
  findPeer(name: string): RemotePeer | undefined;
  /** Lets go of the servers that its tools come from when no step runs on it any more; may be called twice. */
  close(): Promise<void>;
}

export interface HeldRetriever {
  readonly retriever: Retriever;
  /** May be called twice. Default: there is nothing to let go of. */
  release?(): Promise<void>;
}

export interface SnapshotDependencies {
  /** The document stores of these settings, until they are let go of. */
  holdRetriever(settings: Settings, aids: SearchAids): HeldRetriever;
  /** What was said in sessions, as these settings find it (MEM-05). Default: no agent can search it. */
  createMemory?(settings: Settings): MemorySearch;
  /** Text of an artifact of the run's session, the newest version (SES-07). Default: instructions see those of their own run. */
  readonly findSessionArtifact?: (taskId: string, name: string) => Promise<string | undefined>;
  /** What the runs of the run's session have put out (SES-07). Default: tools see none of it. */
  readonly readSessionArtifacts?: (taskId: string) => Promise<SessionArtifacts>;
  readonly toolsets: ToolsetPool;
  readonly extensions: Extensions;
  readonly clock: Clock;
  readonly log: Logger;
  /** Default: nobody hears of models and tools. */
  readonly observer?: Observer;
}

export async function createSnapshot(settings: Settings, dependencies: SnapshotDependencies): Promise<Snapshot> {
  const models = await createModels(settings, dependencies);
  const peers = createPeers(settings, dependencies);
  const steps = new ActiveSteps();
  const knowledge = dependencies.holdRetriever(settings, createSearchAids(settings, models, dependencies));
  const { retriever } = knowledge;
  const toolsets = await orRelease(() => dependencies.toolsets.hold(settings, models), [knowledge]);
  const held = [toolsets, knowledge];
  const agents = await orRelease(() => createAgents(settings, models, retriever, peers, toolsets, dependencies), held);
  return Object.freeze({
    settings,
    retriever,
    findPeer: (name: string) => peers.get(name),
    getAgent(name: string) {
      const agent = agents.get(name);
      const handler = settings.agents[name]?.handler;
      if (agent === undefined && handler !== undefined) throw missingHandler(name, handler);
      if (agent === undefined)
        throw new AppError('AGENT_NOT_FOUND', { message: `Configuration ${settings.version} has no agent '${name}'` });
      return steps.count(agent);
    },
    hold: (turn: AbortSignal) => steps.hold(turn),
    async close() {
      await steps.ended();
      await releaseAll(held);
    },
  });
}

/** A configuration that cannot be built holds nothing. */
async function orRelease<T>(create: () => T, held: readonly Pick<HeldRetriever, 'release'>[]): Promise<T> {
  try {
    return create();
  } catch (error) {
    await releaseAll(held);
    throw error;
  }
}

async function releaseAll(held: readonly Pick<HeldRetriever, 'release'>[]): Promise<void> {
  await Promise.all(held.map((one) => one.release?.()));
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

/** What searches ask of models is counted without an agent: it is for whoever searches. */
function createSearchAids(
  { llms }: Settings,
  models: ReadonlyMap<string, LanguageModel>,
  { extensions, clock, observer = silentObserver }: SnapshotDependencies,
): SearchAids {
  const findPrice = (key: string) => llms[key]?.price;
  const options = { agent: '', findPrice, metrics: observer.metrics, clock };
  return {
    models: new Map([...models].map(([llm, model]) => [llm, measureModel(model, { ...options, llm })])),
    createReranker: extensions.createReranker,
  };
}

/** Nothing is sent before an agent is first asked. */
function createPeers({ agents }: Settings, { clock, log }: SnapshotDependencies): ReadonlyMap<string, RemotePeer> {
  return new Map(
    Object.entries(agents).flatMap(([name, own]) => (isRemote(own) ? [[name, new RemotePeer({ name, settings: own, clock, log })]] : [])),
  );
}

function createAgents(
  settings: Settings,
  models: ReadonlyMap<string, LanguageModel>,
  retriever: Retriever,
  peers: ReadonlyMap<string, RemotePeer>,
  { forAgents: toolsets }: HeldToolsets,
  dependencies: SnapshotDependencies,
): ReadonlyMap<string, Agent> {
  const { extensions, clock, log, observer = silentObserver } = dependencies;
  const { metrics } = observer;
  const findPrice = (key: string) => settings.llms[key]?.price;
  const measured = (agent: string, key: string, model: LanguageModel) =>
    measureModel(model, { agent, llm: key, findPrice, metrics, clock });
  const memory = dependencies.createMemory?.(settings);
  const guardrails = buildGuardrails(settings, { clock, log, observer });
  const { approval, limits } = settings.server;
  const calls = { approvalExpiresAfterMs: approval.expiresAfterMs, maxToolBytes: limits.maxToolBytes, clock, log, observer };
  const createOwnTools = (name: string, { tools, documentStores }: AgentSettings) =>
    createTools({
      agent: name,
      tools,
      declared: settings.tools,
      builtInTools: settings.builtInTools,
      documentStores,
      hasDocumentStores: Object.keys(settings.documentStores).length > 0,
      search: retriever,
      extensions: extensions.tools ?? [],
      clock,
    });
  const findMemory = (name: string, { search }: AgentSettings) =>
    memory === undefined || !search.enabled ? undefined : guardrails.guardMemory(name, memory);
  const findRecall = (name: string, agent: AgentSettings, own: readonly Tool[]) => {
    const found = findMemory(name, agent);
    return found === undefined ? undefined : findMemoryTool({ memory: found, maxResults: agent.search.maxResults }, own);
  };
  const findToolsets = ({ tools }: AgentSettings, own: readonly Tool[]) => {
    const names = own.map((tool) => tool.name);
    const wanted = findWantedToolsets(tools, names, settings.tools);
    return toolsets.filter((toolset) => wanted.includes(toolset.name));
  };
  const handlesOf = (name: string, agent: AgentSettings): ToolHandleSources => {
    const search = findMemory(name, agent);
    return {
      readArtifacts: dependencies.readSessionArtifacts,
      memory: search === undefined ? undefined : { search, maxResults: agent.search.maxResults },
    };
  };
  return buildAgents({
    settings,
    clock,
    guard: guardrails.guard,
    createLlm(name, agent, otherTools) {
      const model = models.get(agent.llm);
      const llm = settings.llms[agent.llm];
      if (model === undefined || llm === undefined)
        throw new AppError('CONFIG_INVALID', { message: `agents.${name}.llm: there is no llm '${agent.llm}'` });
      const named = createOwnTools(name, agent);
      const recall = findRecall(name, agent, named);
      const own = recall === undefined ? named : [...named, recall];
      return createLlmAgent({
        ...{ name, settings: agent, llm, retriever, maxEventBytes: limits.maxEventBytes, ...calls },
        model: measured(name, agent.llm, model),
        findSessionArtifact: dependencies.findSessionArtifact,
        toolHandles: handlesOf(name, agent),
        customization: extensions.customizations?.get(name),
        globalInstructions: [...listAgentsAbove(settings.agents, name), name].map((above) =>
          findGlobalInstruction(above, settings, extensions),
        ),
        summarizer: findSummarizer(agent, models, (key, other) => measured(name, key, other)),
        findPrice,
        authorizeTool: guardrails.findToolGuard(name),
        tools: joinTools(name, own, otherTools),
        toolsets: findToolsets(agent, own),
      });
    },
    createRunner(name, agent) {
      const tools = createOwnTools(name, agent);
      const llm = { maxToolOutputLength: 0 };
      return createRunnerAgent({
        name,
        order: agent.tools ?? [],
        tools,
        toolsets: findToolsets(agent, tools),
        llm,
        authorizeTool: guardrails.findToolGuard(name),
        toolHandles: handlesOf(name, agent),
        ...calls,
      });
    },
    createRemote(name, agent) {
      const peer = peers.get(name);
      if (peer === undefined || !isRemote(agent)) throw new Error(`agents.${name} is not of type remote`);
      return createRemoteAgent({ name, settings: agent, directMessages: agent.directMessages, peer, ...calls });
    },
    findCustom(name, agent) {
      const handler = extensions.handlers?.get(agent.handler ?? name);
      return handler === undefined
        ? undefined
        : createCustomAgent({ name, settings: agent, handler, maxEventBytes: limits.maxEventBytes, ...calls });
    },
  });
}

function findGlobalInstruction(agent: string, settings: Settings, { customizations }: Extensions): InstructionSource {
  return {
    key: `agents.${agent}.global_instruction`,
    text: settings.agents[agent]?.globalInstruction ?? '',
    provider: customizations?.get(agent)?.globalInstruction,
  };
}

function findSummarizer(
  { context: { summarizerLlm: llm } }: AgentSettings,
  models: ReadonlyMap<string, LanguageModel>,
  measured: (llm: string, model: LanguageModel) => LanguageModel,
): { readonly llm: string; readonly model: LanguageModel } | undefined {
  const model = llm === undefined ? undefined : models.get(llm);
  return llm === undefined || model === undefined ? undefined : { llm, model: measured(llm, model) };
}

/** A model tells its tools apart by name. */
function joinTools(name: string, own: readonly Tool[], others: readonly Tool[]): readonly Tool[] {
  const twice = others.find((tool) => own.some((known) => known.name === tool.name));
  if (twice === undefined) return [...own, ...others];
  const description = `the tool '${twice.name}' has the name of one that sub_agents or agent_tools make; list the tools that it may use`;
  throw new AppError('CONFIG_INVALID', {
    message: `agents.${name}.tools: ${description}`,
    problems: [{ field: `agents.${name}.tools`, description }],
  });
}
