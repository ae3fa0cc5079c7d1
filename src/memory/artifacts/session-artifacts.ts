/**
 * Artifacts of a session and their versions (SES-07): a view of its runs' events, which hold the bytes (W-98). Saving a version is to put
 * out an artifact: what a run begins anew, or another run puts out under the same name, is the next version.
 */
import type { Part } from '../../protocol/a2a.js';
import type { SessionRecord, SessionStore } from '../../tasks/session-store.js';
import type { TaskEvent } from '../../tasks/task-event.js';

export interface ArtifactVersion {
  /** The artifact's name; its id, when it has none. */
  readonly name: string;
  /** From 1. */
  readonly version: number;
  readonly artifactId: string;
  readonly taskId: string;
  readonly description: string | undefined;
  readonly parts: readonly Part[];
  /** Of its first and its last event. */
  readonly createdAt: number;
  readonly updatedAt: number;
  /** No step adds to it any more. */
  readonly isComplete: boolean;
}

export interface SessionArtifacts {
  /** The newest version of each, by name. */
  list(): readonly ArtifactVersion[];
  /** Default: the newest version. */
  find(name: string, version?: number): ArtifactVersion | undefined;
}

export async function readSessionArtifacts(
  store: Pick<SessionStore, 'readArtifacts'>,
  session: Pick<SessionRecord, 'id'>,
): Promise<SessionArtifacts> {
  return collectArtifacts(await store.readArtifacts(session));
}

/** Of the session that a run belongs to. */
export async function readArtifactsOf(store: Pick<SessionStore, 'readArtifactsOf'>, taskId: string): Promise<SessionArtifacts> {
  return collectArtifacts(await store.readArtifactsOf(taskId));
}

/** Events of runs in the order of their turns; others than of artifacts are passed over. */
export function collectArtifacts(events: readonly TaskEvent[]): SessionArtifacts {
  const versions = new Map<string, ArtifactVersion[]>();
  /** By run and artifact id: where the next part goes. */
  const open = new Map<string, string>();
  for (const event of events) {
    if (event.type !== 'artifact.updated') continue;
    const { artifact, append, lastChunk, taskId, at } = event;
    const key = JSON.stringify([taskId, artifact.artifactId]);
    const known = append ? open.get(key) : undefined;
    const name = known ?? (artifact.name === undefined || artifact.name === '' ? artifact.artifactId : artifact.name);
    const list = versions.get(name) ?? [];
    const last = known === undefined ? undefined : list.findLast((one) => one.taskId === taskId && one.artifactId === artifact.artifactId);
    if (last !== undefined) {
      const grown = { ...last, parts: [...last.parts, ...artifact.parts], updatedAt: at, isComplete: lastChunk };
      list[last.version - 1] = grown;
      continue;
    }
    const { artifactId, description, parts } = artifact;
    list.push({
      name,
      version: list.length + 1,
      artifactId,
      taskId,
      description,
      parts,
      createdAt: at,
      updatedAt: at,
      isComplete: lastChunk,
    });
    versions.set(name, list);
    open.set(key, name);
  }
  return {
    list: () => [...versions.keys()].sort().map((name) => versions.get(name)?.at(-1) as ArtifactVersion),
    find: (name, version) => (version === undefined ? versions.get(name)?.at(-1) : versions.get(name)?.[version - 1]),
  };
}

/** What `{artifact.name}` stands for in an instruction, and what a model reads of it. */
export function artifactText({ parts }: Pick<ArtifactVersion, 'parts'>): string {
  return parts.flatMap(({ text }) => text ?? []).join('');
}

/** For instructions (`{artifact.name}`): the newest version of that name in the run's session; `undefined`: there is none. */
export async function findSessionArtifact(
  store: Pick<SessionStore, 'readArtifactsOf'>,
  taskId: string,
  name: string,
): Promise<string | undefined> {
  const found = (await readArtifactsOf(store, taskId)).find(name);
  return found === undefined ? undefined : artifactText(found);
}
