/**
 * What a remote agent put out in this run, as the run's clients hold it.
 *
 * Owns: its artifacts so far, and the text since the last commit. Does not own: the log.
 * - Growth of text is gathered and previewed (R9); everything else is committed as it comes.
 * - A snapshot that repeats what is there adds nothing, one that goes on behind it adds the rest, any other replaces.
 */
import { AppError } from '../../base/errors.js';
import { canonicalJson } from '../../base/json.js';
import type { Artifact, Part } from '../../protocol/a2a.js';
import { type SessionPart, toSessionPart } from '../../tasks/session-message.js';
import type { TaskEvent, TaskEventBody } from '../../tasks/task-event.js';

export interface ArtifactUpdate {
  readonly artifact: Artifact;
  readonly append?: boolean;
  readonly lastChunk?: boolean;
}

interface Growth {
  readonly artifact: Omit<Artifact, 'parts'>;
  readonly append: boolean;
  text: string;
  lastChunk: boolean;
}

export class RemoteOutput {
  readonly #artifacts = new Map<string, readonly Part[]>();
  readonly #messages = new Set<string>();
  readonly #open: Set<string>;
  readonly #grown = new Map<string, Growth>();
  #length = 0;

  /** @param events of the run, up to its last commit */
  constructor(events: readonly TaskEvent[], openTexts: readonly string[]) {
    this.#open = new Set(openTexts);
    for (const event of events) {
      if (event.type === 'status.changed' && event.status.message !== undefined) this.#messages.add(event.status.message.messageId);
      if (event.type !== 'artifact.updated') continue;
      const { artifactId, parts } = event.artifact;
      this.#artifacts.set(artifactId, joinTexts([...((event.append ? this.#artifacts.get(artifactId) : undefined) ?? []), ...parts]));
    }
  }

  /** Text artifacts that nothing has closed. */
  get openTexts(): readonly string[] {
    return [...this.#open];
  }

  /** Characters of text that no commit has yet. */
  get gathered(): number {
    let length = 0;
    for (const { text } of this.#grown.values()) length += text.length;
    return length;
  }

  /** All of it, as models read it; bytes are in the log only. */
  get sessionParts(): readonly SessionPart[] {
    return [...this.#artifacts.values()]
      .flat()
      .filter(({ raw, text }) => raw === undefined && text !== '')
      .map(toSessionPart);
  }

  /** True once for each id. */
  isNewMessage(messageId: string): boolean {
    if (this.#messages.has(messageId)) return false;
    this.#messages.add(messageId);
    return true;
  }

  /** The events that have to be committed now; none for growth of a text. @throws AppError `REMOTE_BAD_RESPONSE` for too much. */
  add(
    { artifact, append = false, lastChunk = false }: ArtifactUpdate,
    preview: (id: string, text: string) => void,
  ): readonly TaskEventBody[] {
    const { artifactId } = artifact;
    const known = this.#artifacts.get(artifactId);
    if (append || known === undefined) return this.#extend(artifact, artifact.parts, lastChunk, preview);
    const rest = restAfter(known, joinTexts(artifact.parts));
    if (rest !== undefined) return rest.length === 0 && !lastChunk ? [] : this.#extend(artifact, rest, lastChunk, preview);
    this.#count(artifact.parts);
    this.#grown.delete(artifactId);
    this.#open.delete(artifactId);
    this.#artifacts.set(artifactId, joinTexts(artifact.parts));
    return [...this.flush(), { type: 'artifact.updated', artifact: withParts(artifact, artifact.parts), append: false, lastChunk }];
  }

  /** The text since the last commit. @param ends nothing follows: whatever is open is closed */
  flush(ends = false): readonly TaskEventBody[] {
    const events = [...this.#grown].map(([artifactId, { artifact, append, text, lastChunk }]): TaskEventBody => {
      const isLast = lastChunk || ends;
      if (isLast) this.#open.delete(artifactId);
      else this.#open.add(artifactId);
      return { type: 'artifact.updated', artifact: { ...artifact, artifactId, parts: [{ text }] }, append, lastChunk: isLast };
    });
    this.#grown.clear();
    if (!ends) return events;
    const closing = [...this.#open].map((artifactId): TaskEventBody => {
      return { type: 'artifact.updated', artifact: { artifactId, parts: [{ text: '' }] }, append: true, lastChunk: true };
    });
    this.#open.clear();
    return [...events, ...closing];
  }

  #extend(
    artifact: Artifact,
    parts: readonly Part[],
    lastChunk: boolean,
    preview: (id: string, text: string) => void,
  ): readonly TaskEventBody[] {
    const { artifactId } = artifact;
    const known = this.#artifacts.get(artifactId);
    this.#count(parts);
    this.#artifacts.set(artifactId, joinTexts([...(known ?? []), ...parts]));
    if (parts.every(isPlainText)) {
      const text = parts.map((part) => part.text).join('');
      const { parts: _, ...rest } = artifact;
      const growth = this.#grown.get(artifactId) ?? { artifact: rest, append: known !== undefined, text: '', lastChunk: false };
      growth.text += text;
      growth.lastChunk ||= lastChunk;
      this.#grown.set(artifactId, growth);
      if (text !== '') preview(artifactId, text);
      return [];
    }
    const event: TaskEventBody = { type: 'artifact.updated', artifact: withParts(artifact, parts), append: known !== undefined, lastChunk };
    return [...this.flush(), event];
  }

  #count(parts: readonly Part[]): void {
    for (const part of parts) this.#length += part.text?.length ?? JSON.stringify(part).length;
    if (this.#length <= MAX_LENGTH && this.#artifacts.size <= MAX_ARTIFACTS) return;
    throw new AppError('REMOTE_BAD_RESPONSE', {
      message: `The remote agent put out more than ${MAX_ARTIFACTS} artifacts or ${MAX_LENGTH} characters for one message`,
    });
  }
}

/** What stands behind `known` in `parts`; `undefined` when `parts` do not begin with it. */
function restAfter(known: readonly Part[], parts: readonly Part[]): readonly Part[] | undefined {
  const old = known.filter(({ text }) => text !== '');
  const now = parts.filter(({ text }) => text !== '');
  for (const [index, part] of old.entries()) {
    const other = now[index];
    if (other === undefined) return undefined;
    if (canonicalJson(other) === canonicalJson(part)) continue;
    const isLast = index === old.length - 1;
    if (!isLast || !isPlainText(part) || !isPlainText(other) || !other.text.startsWith(part.text)) return undefined;
    return [{ text: other.text.slice(part.text.length) }, ...now.slice(index + 1)];
  }
  return now.slice(old.length);
}

/** Only how the text is divided into parts may differ between a stream and a snapshot. */
function joinTexts(parts: readonly Part[]): readonly Part[] {
  const joined: Part[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (last !== undefined && isPlainText(last) && isPlainText(part)) joined[joined.length - 1] = { text: last.text + part.text };
    else joined.push(part);
  }
  return joined;
}

function isPlainText(part: Part): part is Part & { readonly text: string } {
  return part.text !== undefined && part.metadata === undefined && part.filename === undefined && isPlain(part.mediaType);
}

function isPlain(mediaType: string | undefined): boolean {
  return mediaType === undefined || mediaType === 'text/plain';
}

/** An artifact has at least one part (D4). */
function withParts(artifact: Artifact, parts: readonly Part[]): Artifact {
  return { ...artifact, parts: parts.length === 0 ? [{ text: '' }] : parts };
}

const MAX_ARTIFACTS = 1_000;
const MAX_LENGTH = 16 * 1_048_576;
