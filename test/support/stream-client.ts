/** What any A2A client does with a stream: Task replaces, `append` extends, its absence starts anew (T11). */
// biome-ignore-all lint/suspicious/noExplicitAny: frames are what came over the wire
export class StreamClient {
  /** Text by artifact. */
  readonly texts = new Map<string, string>();
  /** Values of data parts by artifact. */
  readonly data = new Map<string, unknown[]>();
  state = '';
  lastId = '';

  apply(id: string | undefined, response: any): void {
    if (id !== undefined) this.lastId = id;
    if (response.task !== undefined) {
      this.texts.clear();
      this.data.clear();
      this.state = response.task.status.state;
      for (const artifact of response.task.artifacts ?? []) this.#write(artifact, false);
    } else if (response.statusUpdate !== undefined) this.state = response.statusUpdate.status.state;
    else if (response.artifactUpdate !== undefined) this.#write(response.artifactUpdate.artifact, response.artifactUpdate.append === true);
    else throw new Error(`unknown frame ${JSON.stringify(response)}`);
  }

  /** Artifacts that hold anything. */
  content(): Record<string, string> {
    const all = [...this.texts]
      .map(([id, text]) => [id, `${text} ${JSON.stringify(this.data.get(id))}`])
      .filter(([, text]) => text !== ' []');
    return Object.fromEntries(all.sort());
  }

  #write(artifact: any, append: boolean): void {
    if (!Array.isArray(artifact.parts) || artifact.parts.length === 0) throw new Error('an artifact without parts (D4)');
    const { artifactId } = artifact;
    const text = artifact.parts.map((part: any) => part.text ?? '').join('');
    const data = artifact.parts.filter((part: any) => part.data !== undefined).map((part: any) => part.data);
    if (append && !this.texts.has(artifactId)) throw new Error(`append to an artifact that was never begun: ${artifactId}`);
    this.texts.set(artifactId, (append ? (this.texts.get(artifactId) as string) : '') + text);
    this.data.set(artifactId, [...(append ? (this.data.get(artifactId) as unknown[]) : []), ...data]);
  }
}
