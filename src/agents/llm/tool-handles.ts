/** What tools reach beside their arguments: artifacts of the session and its memory (TOOL-52). */
import { AppError } from '../../base/errors.js';
import { isJsonObject, type JsonObject } from '../../base/json.js';
import { type ArtifactVersion, artifactText, type SessionArtifacts } from '../../memory/artifacts/session-artifacts.js';
import type { Part } from '../../protocol/a2a.js';
import type { ToolArtifact, ToolContext } from '../../providers/tools/contract.js';
import type { MemorySearch } from '../../providers/tools/memory-search.js';
import type { StoredArtifact } from '../../tasks/tool-call.js';

export interface ToolHandleSources {
  /** Of the run's session. Default: none is known. */
  readonly readArtifacts?: ((taskId: string) => Promise<SessionArtifacts>) | undefined;
  /** Default: nothing is kept for the agent. */
  readonly memory?: { readonly search: MemorySearch; readonly maxResults: number } | undefined;
}

export interface ToolHandleScope {
  readonly taskId: string;
  readonly agent: string;
  readonly signal: AbortSignal;
  /** Where what the call saves is gathered. */
  readonly saved: StoredArtifact[];
}

export function createToolHandles(
  { readArtifacts, memory }: ToolHandleSources = {},
  { taskId, agent, signal, saved }: ToolHandleScope,
): Pick<ToolContext, 'artifacts' | 'memory'> {
  const readAll = async (): Promise<ReadonlyMap<string, readonly ToolArtifact[]>> => addSaved(await readArtifacts?.(taskId), saved);
  return {
    artifacts: {
      async list() {
        const all = await readAll();
        return [...all.keys()].sort().flatMap((name) => all.get(name)?.at(-1) ?? []);
      },
      async load(name, version) {
        const versions = (await readAll()).get(name) ?? [];
        return version === undefined ? versions.at(-1) : versions.find((one) => one.version === version);
      },
      save(artifact) {
        saved.push(readArtifact(artifact));
      },
    },
    memory: {
      async search(question, { limit, includesCurrent = false } = {}) {
        if (memory === undefined)
          throw new AppError('TOOL_FAILED', {
            message: `agents.${agent}.search.enabled must be true for a tool to search what was said in earlier sessions`,
          });
        const most = Math.max(1, Math.min(limit ?? memory.maxResults, MAX_RESULTS));
        return await memory.search.search(question, { taskId, limit: most, includesCurrent }, signal);
      },
    },
  };
}

/** @throws AppError `TOOL_FAILED` that says what an artifact has to be. */
export function readArtifact(artifact: unknown): StoredArtifact {
  const { name, description, text, parts } = isJsonObject(artifact) ? artifact : ({} as JsonObject);
  if (typeof name !== 'string' || name === '' || name.length > MAX_NAME)
    throw new AppError('TOOL_FAILED', { message: `the name of an artifact must be a text of 1 to ${MAX_NAME} characters` });
  const list = typeof text === 'string' && parts === undefined ? [{ text }] : parts;
  if (!Array.isArray(list) || list.length === 0 || !list.every(isPart))
    throw new AppError('TOOL_FAILED', {
      message: `the artifact '${name.slice(0, 50)}' must have a text, or parts with text, data, raw or url`,
    });
  return { name, ...(typeof description === 'string' ? { description } : {}), parts: list as unknown as readonly Part[] };
}

/** What a tool returned, with what it saved on the way. */
export function withArtifacts(result: unknown, saved: readonly StoredArtifact[]): unknown {
  if (saved.length === 0 || !isJsonObject(result)) return result;
  const own = result['artifacts'] ?? [];
  return { ...result, artifacts: [...saved, ...(Array.isArray(own) ? own : [own])] };
}

function addSaved(known: SessionArtifacts | undefined, saved: readonly StoredArtifact[]): ReadonlyMap<string, readonly ToolArtifact[]> {
  const all = new Map<string, ToolArtifact[]>();
  for (const newest of known?.list() ?? []) {
    const versions = Array.from({ length: newest.version }, (_, index) => known?.find(newest.name, index + 1));
    all.set(
      newest.name,
      versions.flatMap((one) => (one === undefined ? [] : [toToolArtifact(one)])),
    );
  }
  for (const { name, description, parts } of saved) {
    const versions = all.get(name) ?? [];
    versions.push({ name, version: versions.length + 1, description, parts, text: artifactText({ parts }) });
    all.set(name, versions);
  }
  return all;
}

function toToolArtifact(found: ArtifactVersion): ToolArtifact {
  const { name, version, description, parts } = found;
  return { name, version, description, parts, text: artifactText(found) };
}

function isPart(part: unknown): boolean {
  if (!isJsonObject(part)) return false;
  const { text, raw, url, data } = part;
  return typeof text === 'string' || typeof raw === 'string' || typeof url === 'string' || data !== undefined;
}

const MAX_NAME = 200;
const MAX_RESULTS = 100;
