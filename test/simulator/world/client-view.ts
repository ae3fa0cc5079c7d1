/** What a client holds that applies a stream as A2A says: the task's state and its artifacts. */
import type { Message, Part, StreamResponse, Task, TaskState } from '../../../src/protocol/a2a.js';

export class ClientView {
  state: TaskState | undefined;
  statusMessage: Message | undefined;
  readonly artifacts = new Map<string, readonly Part[]>();

  apply(response: StreamResponse): void {
    if ('task' in response) this.replace(response.task);
    else if ('statusUpdate' in response) {
      this.state = response.statusUpdate.status.state;
      this.statusMessage = response.statusUpdate.status.message;
    } else if ('artifactUpdate' in response) {
      const { artifact, append } = response.artifactUpdate;
      const before = append ? (this.artifacts.get(artifact.artifactId) ?? []) : [];
      this.artifacts.set(artifact.artifactId, [...before, ...artifact.parts]);
    }
  }

  replace(task: Task): void {
    this.state = task.status.state;
    this.statusMessage = task.status.message;
    this.artifacts.clear();
    for (const { artifactId, parts } of task.artifacts ?? []) this.artifacts.set(artifactId, parts);
  }

  /** Texts and other parts as they stand; how a text is divided does not count. */
  contentOf(artifactId: string): string {
    let content = '';
    for (const { text, ...rest } of this.artifacts.get(artifactId) ?? []) content += text ?? `\n${JSON.stringify(rest)}\n`;
    return content;
  }
}
