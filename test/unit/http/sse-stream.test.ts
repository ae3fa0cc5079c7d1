import t from 'tap';
import type { ServerSentEvent } from '../../../src/a2a/binding-reply.js';
import type { CancelTimer, Clock } from '../../../src/base/clock.js';
import { systemClock } from '../../../src/base/clock.js';
import type { DirectSource } from '../../../src/base/direct-source.js';
import type { StreamWriter } from '../../../src/http/server.js';
import { pipeEvents, type SseStreamOptions } from '../../../src/http/sse-stream.js';
import { EventSource } from '../../support/front-rig.js';

const OPTIONS: Omit<SseStreamOptions, 'events'> = {
  clock: systemClock,
  keepAliveMs: 60_000,
  maxBufferBytes: 65_536,
  describeFailure: () => '{}',
};

t.test('a keep-alive comes after keepAliveMs of silence, counted from the last event, and not while bytes wait', async (t) => {
  const { clock, advance } = steeredClock();
  const { writer, written, client } = recordingWriter();
  const events = new EventSource();
  const piped = pipeEvents(writer, { ...OPTIONS, events, clock, keepAliveMs: 100 });
  advance(60);
  events.push({ data: '1' });
  await settled();
  advance(60);
  t.same(written, [': connected\n\n', 'data: 1\n\n'], '120 ms after the start, but 60 ms after the event');
  advance(40);
  t.equal(written.at(-1), ': keep-alive\n\n');
  client.bufferedBytes = 10;
  advance(300);
  t.equal(written.length, 3);
  client.bufferedBytes = 0;
  advance(100);
  t.equal(written.length, 4);
  events.push('end');
  await piped;
  advance(1_000);
  t.equal(written.length, 4, 'the timer ends with the stream');
});

t.test('a slow client stops the pull at the buffer limit, not at the first full socket', async (t) => {
  const { writer, written, client } = recordingWriter();
  let pulled = 0;
  const events = {
    async *[Symbol.asyncIterator]() {
      for (; pulled < 10; pulled++) yield { data: 'x' };
    },
  };
  client.takes = false;
  client.onWrite = (bytes) => {
    client.bufferedBytes += bytes;
  };
  const piped = pipeEvents(writer, { ...OPTIONS, events, maxBufferBytes: 30 });
  await settled();
  t.equal(written.length, 3, '13 bytes of comment and two events of 9 reach 30');
  client.takes = true;
  client.drain();
  await piped;
  t.equal(pulled, 10);
});

t.test('a slow client stops the pull also of what comes one by one, and of what is told while it takes nothing', async (t) => {
  const { writer, written, client } = recordingWriter();
  const events = new DirectEvents();
  client.takes = false;
  client.onWrite = (bytes) => {
    client.bufferedBytes += bytes;
  };
  const piped = pipeEvents(writer, { ...OPTIONS, events, maxBufferBytes: 30 });
  await settled();
  for (let n = 0; n < 10; n++) {
    events.push({ data: 'x' });
    await settled();
  }
  t.equal(written.length, 3, '13 bytes of comment and two events of 9 reach 30');
  t.equal(events.left, 8);
  client.takes = true;
  client.drain();
  await settled();
  t.equal(events.left, 0);
  t.equal(written.join('').split('data: x').length, 11);
  events.end();
  await piped;
});

t.test('a reconnect is a retry line and a clean end; a second one changes nothing', async (t) => {
  const { writer, written } = recordingWriter();
  const events = new EventSource();
  let withdrawn = 0;
  const piped = pipeEvents(writer, {
    ...OPTIONS,
    events,
    onOpen: (reconnect) => {
      void events.pulled.then(() => {
        reconnect(700);
        reconnect(900);
      });
      return () => {
        withdrawn += 1;
      };
    },
  });
  await piped;
  await events.returned;
  t.same(written, [': connected\n\n', 'retry: 700\n\n']);
  t.equal(withdrawn, 1);
});

/** Gives what is there at once, and tells once of more, as followers do. */
class DirectEvents implements DirectSource<ServerSentEvent> {
  readonly #events: ServerSentEvent[] = [];
  #wake: (() => void) | undefined;
  #isOver = false;

  get left(): number {
    return this.#events.length;
  }

  push(event: ServerSentEvent): void {
    this.#events.push(event);
    this.#tell();
  }

  end(): void {
    this.#isOver = true;
    this.#tell();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  take(onReady: () => void): ServerSentEvent | 'later' | 'ask' {
    if (this.#isOver) return 'ask';
    const event = this.#events.shift();
    if (event === undefined) this.#wake = onReady;
    return event ?? 'later';
  }

  async next(): Promise<IteratorResult<ServerSentEvent, void>> {
    return { done: true, value: undefined };
  }

  #tell(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
}

function recordingWriter() {
  const written: string[] = [];
  let wake = () => {};
  const client = {
    takes: true,
    bufferedBytes: 0,
    onWrite: (_bytes: number) => {},
    drain() {
      client.bufferedBytes = 0;
      wake();
    },
  };
  const writer: StreamWriter = {
    write: (chunk) => {
      written.push(Buffer.from(chunk as string).toString());
      client.onWrite(Buffer.byteLength(chunk));
      return client.takes;
    },
    drained: () =>
      new Promise((resolve) => {
        wake = resolve;
      }),
    get bufferedBytes() {
      return client.bufferedBytes;
    },
    signal: new AbortController().signal,
  };
  return { writer, written, client };
}

function steeredClock(): { clock: Clock; advance: (ms: number) => void } {
  let now = 0;
  const timers = new Set<{ at: number; run: () => void }>();
  const after = (delayMs: number, run: () => void): CancelTimer => {
    const timer = { at: now + delayMs, run };
    timers.add(timer);
    return () => timers.delete(timer);
  };
  const advance = (ms: number) => {
    const until = now + ms;
    for (;;) {
      const next = [...timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      timers.delete(next);
      now = next.at;
      next.run();
    }
    now = until;
  };
  return { clock: { ...systemClock, now: () => now, monotonic: () => now, after }, advance };
}
