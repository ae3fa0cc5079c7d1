/**
 * What tools show while they run (TOOL-21): an artifact per call, `tool:<call id>`, grown by previews and committed with the step (R9).
 *
 * Owns: the text of each call so far. Of a call that shows more than `MAX_SHOWN`, the beginning is shown, and that there is more.
 */
import type { ToolCallPart } from '../../tasks/session-message.js';
import type { TaskEventBody } from '../../tasks/task-event.js';
import type { StepContext } from '../agent.js';

export interface ToolProgress {
  /** Never throws. What comes when the step is over is dropped. */
  add(callId: string, text: unknown): void;
  /** Nothing is shown any more. What was, by call id. */
  end(): ReadonlyMap<string, string>;
}

export function createToolProgress(isShown: boolean, { preview, signal }: Pick<StepContext, 'preview' | 'signal'>): ToolProgress {
  const texts = new Map<string, string>();
  const full = new Set<string>();
  let isOver = false;
  return {
    add(callId, text) {
      if (!isShown || isOver || signal.aborted || full.has(callId) || typeof text !== 'string' || text === '') return;
      const before = texts.get(callId) ?? '';
      const room = MAX_SHOWN - before.length;
      if (text.length > room) full.add(callId);
      // Half a surrogate pair cannot be sent on its own.
      const shown = text.length > room ? `${text.slice(0, room).replace(/[\ud800-\udbff]$/, '')}${MORE}` : text;
      texts.set(callId, before + shown);
      preview(artifactIdOf(callId), shown);
    },
    end() {
      isOver = true;
      return texts;
    },
  };
}

/** What a call showed, as its step commits it. */
export function describeProgress({ id, name }: Pick<ToolCallPart, 'id' | 'name'>, text: string): TaskEventBody {
  const metadata = { type: 'tool_output', tool_call_id: id, tool_name: name };
  const artifact = { artifactId: artifactIdOf(id), name, parts: [{ text }], metadata };
  return { type: 'artifact.updated', artifact, append: false, lastChunk: true };
}

function artifactIdOf(callId: string): string {
  return `tool:${callId}`;
}

/** Characters per call: it is stored beside the result, and says little that the result does not. */
const MAX_SHOWN = 16_384;
const MORE = '\n[more output is not shown]';
