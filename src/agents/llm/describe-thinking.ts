import type { SessionPart } from '../../tasks/session-message.js';
import type { TaskEventBody } from '../../tasks/task-event.js';

/** One artifact per model call: what was previewed under its id is the beginning of its text (R9). */
export function thinkingArtifactId(iteration: number): string {
  return `thinking-${iteration}`;
}

/**
 * What the model thought, for clients (AGT-12): a part per block, complete. While the artifact still grows it is told by previews, without
 * metadata. Signatures are for the provider and stay in the session.
 */
export function describeThinking(parts: readonly SessionPart[], iteration: number): TaskEventBody | undefined {
  const artifactId = thinkingArtifactId(iteration);
  const blocks = parts.flatMap((part) => (part.type === 'thinking' && part.text !== '' ? [part.text] : []));
  if (blocks.length === 0) return undefined;
  return {
    type: 'artifact.updated',
    artifact: {
      artifactId,
      name: 'thinking',
      parts: blocks.map((text, index) => ({
        text,
        metadata: { type: 'thinking', id: `${artifactId}-${index + 1}`, status: 'completed' },
      })),
      metadata: { type: 'thinking' },
    },
    append: false,
    lastChunk: true,
  };
}
