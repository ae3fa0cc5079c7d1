/** What a client holds that applies a stream as A2A says: the task's state and its artifacts. */
import type { Part, StreamResponse, Task, TaskState } from '../../../src/protocol/a2a.js';

export class ClientView {
  state: TaskState | undefined;
  statusMessageId: string | undefined;
  readonly artifacts = new Map<string, readonly Part[]>();

  apply(response: StreamResponse): void {
    if ('task' in response) this.replace(response.task);
    else if ('statusUpdate' in response) {
      this.state = response.statusUpdate.status.state;
      this.statusMessageId = response.statusUpdate.status.message?.messageId;
    } else if ('artifactUpdate' in response) {
      const { artifact, append } = response.artifactUpdate;
      const before = append ? (this.artifacts.get(artifact.artifactId) ?? []) : [];
      this.artifacts.set(artifact.artifactId, [...before, ...artifact.parts]);
    }
  }

  replace(task: Task): void {
    this.state = task.status.state;
    this.statusMessageId = task.status.message?.messageId;
    this.artifacts.clear();
    for (const { artifactId, parts } of task.artifacts ?? []) this.artifacts.set(artifactId, parts);
  }

  /** Texts and data of an artifact, in the order in which they came. */
  contentOf(artifactId: string): string {
    return contentOf(this.artifacts.get(artifactId) ?? []);
  }
}

/** Neighbouring texts are one: how they were cut on their way does not matter. */
export function contentOf(parts: readonly Part[]): string {
  return parts.map(({ text, data }) => (data === undefined ? (text ?? '') : JSON.stringify(data))).join('');
}
