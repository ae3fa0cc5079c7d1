/**
 * Where an answer over HTTP/1.1 ends, and what is its body. No more of its head is read than that takes.
 *
 * Owns: bytes of one head or line that have not all come, 64 KiB at most. Does not own: the connection; the chunks, which are lent until `push` returns.
 */
export interface AnswerSink {
  onHead(status: number, contentType: string): void;
  onData(chunk: Buffer, nowMs: number): void;
}

export class AnswerFrame {
  readonly #sink: AnswerSink;
  #state: 'head' | 'body' | 'size' | 'size-end' | 'trailer' | 'over' = 'head';
  /** Of the body or of its chunk; infinite: until the connection ends. */
  #leftBytes = 0;
  #isChunked = false;
  #rest = NOTHING;
  /** Whether the connection takes another request after this answer. */
  isReusable = true;
  /** How long the server keeps it open, as far as it says. */
  keepAliveMs: number | undefined;

  constructor(sink: AnswerSink) {
    this.#sink = sink;
  }

  /** @returns whether the answer is complete. @throws Error, in a few words, when it is none. */
  push(chunk: Buffer, nowMs: number): boolean {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = NOTHING;
    while (this.#state !== 'over') {
      if (this.#state === 'body') {
        if (bytes.length === 0) return false;
        const part = bytes.length > this.#leftBytes ? bytes.subarray(0, this.#leftBytes) : bytes;
        bytes = bytes.subarray(part.length);
        this.#leftBytes -= part.length;
        if (this.#leftBytes === 0) this.#state = this.#isChunked ? 'size-end' : 'over';
        this.#sink.onData(part, nowMs);
        continue;
      }
      const mark = this.#state === 'head' ? HEAD_END : LINE_END;
      const end = bytes.indexOf(mark);
      if ((end === -1 ? bytes.length : end) > MAX_HEAD_BYTES) throw new Error('the head of the answer is too long');
      if (end === -1) {
        this.#rest = Buffer.from(bytes);
        return false;
      }
      const text = bytes.toString('latin1', 0, end);
      bytes = bytes.subarray(end + mark.length);
      this.#read(text);
    }
    if (bytes.length > 0) throw new Error('more came than one answer');
    return true;
  }

  /** The connection has ended. @returns whether the answer is complete by that. */
  end(): boolean {
    return this.#state === 'body' && this.#leftBytes === Number.POSITIVE_INFINITY;
  }

  #read(text: string): void {
    switch (this.#state) {
      case 'head':
        this.#readHead(text);
        return;
      case 'size':
        if (!CHUNK_SIZE.test(text)) throw new Error('a chunk of the answer has no size');
        this.#leftBytes = Number.parseInt(text, 16);
        this.#state = this.#leftBytes === 0 ? 'trailer' : 'body';
        return;
      case 'size-end':
        if (text !== '') throw new Error('a chunk of the answer is longer than it said');
        this.#state = 'size';
        return;
      default:
        if (text === '') this.#state = 'over';
    }
  }

  #readHead(text: string): void {
    const [first = '', ...lines] = text.split('\r\n');
    const [, minor, code] = STATUS_LINE.exec(first) ?? [];
    const status = Number(code);
    if (code === undefined || status === 101) throw new Error('no HTTP/1.1 answer');
    // Another head follows.
    if (status < 200) return;
    let contentType = '';
    let lengthBytes: number | undefined;
    this.isReusable = minor === '1';
    for (const line of lines) {
      const colon = line.indexOf(':');
      const value = line.slice(colon + 1).trim();
      switch (line.slice(0, colon).toLowerCase()) {
        case 'content-type':
          contentType = value;
          break;
        case 'content-length':
          if (!/^\d{1,15}$/.test(value)) throw new Error('the length of the answer is no number');
          lengthBytes = Number(value);
          break;
        case 'transfer-encoding':
          if (value.toLowerCase() !== 'chunked') throw new Error(`the answer comes as ${value.slice(0, 40)}`);
          this.#isChunked = true;
          break;
        case 'connection':
          this.isReusable = /close/i.test(value) ? false : this.isReusable || /keep-alive/i.test(value);
          break;
        case 'keep-alive': {
          const seconds = /timeout=(\d+)/i.exec(value)?.[1];
          if (seconds !== undefined) this.keepAliveMs = Number(seconds) * 1_000;
        }
      }
    }
    if (status === 204 || status === 304) lengthBytes = 0;
    this.#leftBytes = this.#isChunked ? 0 : (lengthBytes ?? Number.POSITIVE_INFINITY);
    if (this.#leftBytes === Number.POSITIVE_INFINITY) this.isReusable = false;
    this.#state = status === 204 || status === 304 || lengthBytes === 0 ? 'over' : this.#isChunked ? 'size' : 'body';
    this.#sink.onHead(status, contentType);
  }
}

const NOTHING = Buffer.alloc(0);
const HEAD_END = Buffer.from('\r\n\r\n');
const LINE_END = Buffer.from('\r\n');
const STATUS_LINE = /^HTTP\/1\.([01]) (\d{3})(?: |$)/;
const CHUNK_SIZE = /^[0-9a-f]{1,8}[ \t]*(;.*)?$/i;
const MAX_HEAD_BYTES = 65_536;
