/**
 * The same promise as `project-updates.property.test.ts`, now through the live feed and the JSON-RPC binding: announcements
 * get lost, kept previews are dropped, connections break after any event, workers are taken over.
 */
import t from 'tap';
import { type ProtocolServer, startProtocolServer, type WireStream } from '../../support/protocol-server.js';
import { createRandom, type Random } from '../../support/random.js';
import { StreamClient } from '../../support/stream-client.js';
import { artifact, status, type TestRun } from '../../support/test-worker.js';

const HISTORIES = 300;
const ENDED = /_(COMPLETED|CANCELED)$/;

/** A client that reads in the background and comes back with its last id whenever its connection breaks. */
class RestlessClient {
  readonly client = new StreamClient();
  /** Durable events seen, to prove that none is left out or repeated. */
  readonly seqs: number[] = [];
  connections = 0;
  constructor(
    readonly server: ProtocolServer,
    readonly taskId: string,
    readonly random: Random,
  ) {}

  async run(): Promise<void> {
    while (!ENDED.test(this.client.state)) {
      const stream = await this.#connect();
      const frames = this.random.chance(0.3) ? Number.POSITIVE_INFINITY : this.random.below(6);
      for (let count = 0; count <= frames; count++) {
        const frame = await stream.next();
        if (frame === undefined) break;
        if (frame.event === 'error') throw new Error(JSON.stringify(frame.data));
        this.client.apply(frame.id, frame.data.result);
        if (/^\d+$/.test(frame.id ?? '')) this.#saw(Number(frame.id));
      }
      await stream.close();
    }
  }

  #connect(): Promise<WireStream> {
    this.connections += 1;
    const headers = this.client.lastId === '' ? {} : { 'last-event-id': this.client.lastId };
    return this.server.stream('SubscribeToTask', { id: this.taskId }, { headers });
  }

  #saw(seq: number): void {
    const last = this.seqs.at(-1);
    if (last === undefined || seq !== last) this.seqs.push(seq);
  }
}

t.test(
  `${HISTORIES} tasks over a bad connection: all clients end with what GetTask says, events in order (T5, T6, R4, R9, R10)`,
  async (t) => {
    let connections = 0;
    for (let seed = 1; seed <= HISTORIES; seed++) {
      const random = createRandom(seed);
      const server = startProtocolServer(t);
      const { live } = server;
      const { id } = await server.submit('question');
      live.loses = (item) => random.chance(item.type === 'delta' ? 0.2 : 0.1);
      const clients = Array.from({ length: 3 }, () => new RestlessClient(server, id, random));
      const reading = Promise.all(clients.map((client) => client.run()));
      await work(server, id, random);
      // What was lost at the very end the ticker would find within a second; a broken connection says it at once.
      const nudge = setInterval(() => live.gap(), 5);
      await reading;
      clearInterval(nudge);
      server.feed.close();

      const expected = new StreamClient();
      expected.apply(undefined, { task: (await server.call('GetTask', { id })).body.result });
      const newest = (await server.store.find(id, undefined))?.seq as number;
      for (const { client, seqs, ...rest } of clients) {
        connections += rest.connections;
        const isInOrder = seqs.every((seq, index) => index === 0 || seq === (seqs[index - 1] as number) + 1);
        if (JSON.stringify(client.content()) !== JSON.stringify(expected.content()) || !isInOrder || seqs.at(-1) !== newest) {
          t.same({ content: client.content(), seqs }, { content: expected.content(), seqs: `1…${newest} without a hole` }, `seed ${seed}`);
          return;
        }
      }
    }
    t.ok(connections > HISTORIES * 5, `${connections} connections`);
  },
);

async function work(server: ProtocolServer, taskId: string, random: Random): Promise<void> {
  let run: TestRun = await server.run(taskId);
  let shown = '';
  let isWritten = false;
  for (let act = 0; act < 15; act++) {
    const dice = random.next();
    if (dice < 0.6) {
      const text = random.pick(['a', 'bb', 'ccc ']);
      shown += text;
      await run.preview(text);
    } else if (dice < 0.75) {
      await run.commit({ events: [artifact([{ text: shown === '' ? 'unseen ' : shown }], { append: isWritten, lastChunk: false })] });
      isWritten = true;
      shown = '';
    } else if (dice < 0.85) {
      run = await server.run(taskId);
      shown = '';
    } else if (dice < 0.9) server.live.forget(taskId);
    else if (dice < 0.95) server.live.gap();
    if (random.chance(0.7)) await new Promise((resolve) => setImmediate(resolve));
  }
  if (random.chance(0.3)) await server.call('CancelTask', { id: taskId });
  else
    await run.commit({
      state: 'TASK_STATE_COMPLETED',
      events: [artifact([{ text: `${shown}!` }], { append: isWritten }), status('TASK_STATE_COMPLETED')],
    });
}
