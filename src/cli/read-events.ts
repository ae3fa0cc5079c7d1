import { AppError } from '../base/errors.js';

export interface SentEvent {
  /** The last id seen, '' before the first. */
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/** Longer events are refused, so that a broken peer cannot fill the memory. */
const MAX_EVENT_CHARACTERS = 32 * 1024 * 1024;

/** Server-sent events of a body, whatever the line ends and wherever the chunks are cut. Comments are keep-alives and left out. */
export async function* readEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<SentEvent> {
  let id = '';
  let event = '';
  let data: string[] = [];
  for await (const line of readLines(body)) {
    if (line === '') {
      if (data.length > 0) yield { id, event: event === '' ? 'message' : event, data: data.join('\n') };
      event = '';
      data = [];
      continue;
    }
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'data') data.push(value);
    else if (field === 'event') event = value;
    else if (field === 'id' && !value.includes('\0')) id = value;
  }
}

async function* readLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  // A CR at the end of a chunk may be half of a CRLF; its line is held until the next chunk tells.
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    const end = rest.endsWith('\r') ? rest.length - 1 : rest.length;
    const lines = rest.slice(0, end).split(/\r\n|\n|\r/);
    rest = (lines.pop() as string) + rest.slice(end);
    if (rest.length > MAX_EVENT_CHARACTERS)
      throw new AppError('CLI_SERVER_REFUSED', { message: 'the server sent an event of more than 32 MiB' });
    yield* lines;
  }
}
