import type { Artifact, Message, Part, StreamResponse, TaskState, TaskStatus } from '../protocol/a2a.js';
import { findSources, formatSources, type Source } from './answer-sources.js';
import type { Terminal } from './terminal.js';

/**
 * Prints an answer as it grows. Owns the text of every artifact: `append` extends it, its absence starts it anew (T11, R9).
 * What stands on the screen cannot be taken back: a new start that only repeats what is shown goes on
 * silently, a different one is printed whole below.
 */
export class AnswerView {
  readonly #terminal: Terminal;
  readonly #texts = new Map<string, string>();
  readonly #shown = new Map<string, string>();
  readonly #sources = new Map<string, Source>();
  #current = '';
  #endsWithNewline = true;
  #state: TaskState | undefined;
  #contextId = '';
  #note = '';

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  get state(): TaskState | undefined {
    return this.#state;
  }

  get contextId(): string {
    return this.#contextId;
  }

  get text(): string {
    return [...this.#texts.values()].filter((text) => text !== '').join('\n');
  }

  handle(event: StreamResponse): void {
    if ('message' in event) {
      this.#state = 'TASK_STATE_COMPLETED';
      this.#contextId = event.message.contextId ?? '';
      this.#update({ artifactId: event.message.messageId, parts: event.message.parts }, false);
    } else if ('task' in event) {
      this.#contextId = event.task.contextId;
      for (const artifact of event.task.artifacts ?? []) this.#update(artifact, false);
      this.#handleStatus(event.task.status);
    } else if ('statusUpdate' in event) {
      this.#contextId = event.statusUpdate.contextId;
      this.#handleStatus(event.statusUpdate.status);
    } else {
      this.#contextId = event.artifactUpdate.contextId;
      this.#update(event.artifactUpdate.artifact, event.artifactUpdate.append === true);
    }
  }

  /** Ends the answer's last line, tells what the agent said beside it, and lists the sources. */
  finish(): void {
    this.#endLine();
    if (this.#note !== '' && this.#note !== this.text) this.#print(`${this.#note}\n`);
    const sources = formatSources([...this.#sources.values()]);
    // An agent that lists its sources itself is not repeated.
    if (sources !== '' && !/^[^\w\n]*sources?[^\w\n]*:/im.test(this.text)) this.#print(`\n${sources}`);
  }

  #handleStatus(status: TaskStatus): void {
    this.#state = status.state;
    this.#note = status.message === undefined ? '' : textOf(status.message.parts);
    if (status.message !== undefined) this.#collect(status.message);
  }

  #update(artifact: Artifact, append: boolean): void {
    this.#collect(artifact);
    const { artifactId } = artifact;
    const text = (append ? (this.#texts.get(artifactId) ?? '') : '') + textOf(artifact.parts);
    this.#texts.set(artifactId, text);
    const shown = this.#shown.get(artifactId) ?? '';
    if (shown.startsWith(text)) return;
    if (this.#current !== artifactId || !text.startsWith(shown)) this.#endLine();
    this.#current = artifactId;
    this.#print(text.startsWith(shown) ? text.slice(shown.length) : text);
    this.#shown.set(artifactId, text);
  }

  #collect({ parts, metadata }: Pick<Artifact | Message, 'parts' | 'metadata'>): void {
    for (const source of findSources([metadata, ...parts.flatMap((part) => [part.data, part.metadata])]))
      this.#sources.set(source.label, source);
  }

  #endLine(): void {
    if (!this.#endsWithNewline) this.#print('\n');
  }

  #print(text: string): void {
    if (text === '') return;
    this.#terminal.write(text);
    this.#endsWithNewline = text.endsWith('\n');
  }
}

function textOf(parts: readonly Part[]): string {
  return parts.map((part) => part.text ?? '').join('');
}
