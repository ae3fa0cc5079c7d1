/** What the API shows of sessions: pure. */
import { isoTime } from '../base/clock.js';
import type { JsonObject, JsonValue } from '../base/json.js';
import type { ArtifactVersion } from '../memory/artifacts/session-artifacts.js';
import type { PlacedMessage, SessionRecord } from '../tasks/session-store.js';

export function viewSession(session: SessionRecord): JsonObject {
  return {
    id: session.id,
    agent: session.agent,
    context_id: session.contextId,
    tenant: session.tenant ?? null,
    messages_total: session.messages,
    runs: session.runs,
    created_at: isoTime(session.createdAt),
    updated_at: isoTime(session.updatedAt),
  };
}

export function viewMessage({ taskId, message }: PlacedMessage): JsonObject {
  const { id, role, author, parts, createdAt } = message;
  return { id, task_id: taskId, role, author, parts: parts as unknown as JsonValue, created_at: isoTime(createdAt) };
}

export function viewArtifact(artifact: ArtifactVersion, { withParts }: { readonly withParts: boolean }): JsonObject {
  return {
    name: artifact.name,
    version: artifact.version,
    artifact_id: artifact.artifactId,
    task_id: artifact.taskId,
    ...(artifact.description === undefined ? {} : { description: artifact.description }),
    complete: artifact.isComplete,
    created_at: isoTime(artifact.createdAt),
    updated_at: isoTime(artifact.updatedAt),
    ...(withParts ? { parts: artifact.parts as unknown as JsonValue } : {}),
  };
}
