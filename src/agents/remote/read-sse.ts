/** Server-sent events out of bytes, however those are split. */
import { StringDecoder } from 'node:string_decoder';
import { AppError } from '../../base/errors.js';

export interface ReadEvent {
  /** `undefined`: the event has none of its own. */
  readonly id: string | undefined;
  readonly data: string;
}

/** @throws AppError `REMOTE_BAD_RESPONSE` for an event that is longer than `maxLength` characters. */
export async function* readSse(bytes: AsyncIterable<Buffer>, maxLength: number): AsyncGenerator<ReadEvent, void> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let data: string[] = [];
  let id: string | undefined;
  let length = 0;
  for await (const chunk of bytes) {
    const text = rest + decoder.write(chunk);
    // A line break may be cut in two: what may be its first half waits for the next bytes.
    const end = text.endsWith('\r') ? text.length - 1 : text.length;
    const lines = text.slice(0, end).split(/\r\n|\n|\r/);
    rest = (lines.pop() ?? '') + text.slice(end);
    for (const line of lines) {
      length += line.length;
      assertLength(length);
      if (line === '') {
        if (data.length > 0) yield { id, data: data.join('\n') };
        data = [];
        id = undefined;
        length = 0;
      } else if (line.startsWith('data:')) data.push(fieldOf(line, 'data:'));
      else if (line.startsWith('id:')) id = fieldOf(line, 'id:');
    }
    assertLength(length + rest.length);
  }

  function assertLength(seen: number): void {
    if (seen > maxLength)
      throw new AppError('REMOTE_BAD_RESPONSE', { message: `An event of its stream is longer than ${maxLength} characters` });
  }
}

function fieldOf(line: string, field: string): string {
  const value = line.slice(field.length);
  return value.startsWith(' ') ? value.slice(1) : value;
}
