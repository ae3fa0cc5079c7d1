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

  /** All text of an artifact: how it was cut on its way does not matter. */
  textOf(artifactId: string): string {
    return (this.artifacts.get(artifactId) ?? []).map(({ text }) => text ?? '').join('');
  }

  /** The other parts, in order. Where they stand between the texts is not looked at: a client saw the text before it saw them. */
  dataOf(artifactId: string): string {
    return JSON.stringify((this.artifacts.get(artifactId) ?? []).filter(({ text }) => text === undefined));
  }
}
