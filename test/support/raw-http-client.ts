import { connect, type Socket } from 'node:net';

/** A bare TCP client: sends exactly the bytes it is given and waits for what comes back. */
export class RawHttpClient {
  readonly socket: Socket;
  /** Resolves when the connection is over, in whatever way. */
  readonly closed: Promise<void>;
  /** Resolves when the server has ended its side. */
  readonly ended: Promise<void>;
  bytesReceived = 0;
  #text = '';
  #watchers = new Set<() => void>();

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    this.socket.on('error', () => {});
    this.socket.on('data', (chunk: Buffer) => {
      this.bytesReceived += chunk.length;
      if (this.#text.length < KEPT_CHARACTERS) this.#text += chunk.toString('latin1');
      this.#notify();
    });
    this.closed = new Promise((resolve) => this.socket.once('close', () => resolve()));
    this.ended = new Promise((resolve) => {
      this.socket.once('end', () => resolve());
      this.socket.once('close', () => resolve());
    });
    void this.closed.then(() => this.#notify());
  }

  /** What came so far. */
  get text(): string {
    return this.#text;
  }

  send(data: string | Uint8Array): this {
    this.socket.write(data);
    return this;
  }

  /** Resolves with the text once it contains `needle`; rejects when the connection ends first, or after `withinMs`. */
  async until(needle: string | ((client: this) => boolean), withinMs = 5_000): Promise<string> {
    const isThere = () => (typeof needle === 'string' ? this.#text.includes(needle) : needle(this));
    if (isThere()) return this.#text;
    return new Promise((resolve, reject) => {
      const finish = (error?: Error) => {
        clearTimeout(timer);
        this.#watchers.delete(check);
        if (error === undefined) resolve(this.#text);
        else reject(error);
      };
      const check = () => {
        if (isThere()) finish();
        else if (this.socket.destroyed) finish(new Error(`closed before ${String(needle)}; got: ${this.#text.slice(0, 500)}`));
      };
      const timer = setTimeout(
        () => finish(new Error(`no ${String(needle)} within ${withinMs} ms; got: ${this.#text.slice(0, 500)}`)),
        withinMs,
      );
      this.#watchers.add(check);
    });
  }

  close(): void {
    this.socket.destroy();
  }

  #notify(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }
}

const KEPT_CHARACTERS = 64 * 1024;
