import t from 'tap';
import { type Clock, systemClock } from '../../../src/base/clock.js';
import { IngestProgressView } from '../../../src/cli/ingest-progress.js';
import { recordedTerminal } from '../../support/recorded-terminal.js';

function steeredClock() {
  let now = 0;
  const clock: Clock = { ...systemClock, monotonic: () => now };
  return { clock, pass: (ms: number) => (now += ms) };
}

const progress = (done: number, more = {}) => ({
  store: 's',
  total: 100,
  done,
  failed: 0,
  skipped: 0,
  chunks: 0,
  finished: false,
  ...more,
});

t.test('somebody who watches sees one line drawn over and over, with rate, time left and failures (RAG-35)', async (t) => {
  const terminal = recordedTerminal({ isWatched: true });
  const { clock, pass } = steeredClock();
  const view = new IngestProgressView(terminal, clock);
  pass(2_000);
  view.update(progress(28, { failed: 2, skipped: 20 }));
  view.update(progress(51));
  t.equal(terminal.errors(), '\r\x1b[2K[############............] 50/100 documents (50 %), 25/s, 2.0 s left, 2 failed');
  pass(2_000);
  t.equal(
    view.finish(progress(87, { failed: 3, skipped: 10, chunks: 400, finished: true })),
    '100 documents: 87 indexed (400 chunks), 10 unchanged, 3 failed, in 4.0 s\n',
  );
});

t.test('elsewhere there is at most one plain line per second', async (t) => {
  const terminal = recordedTerminal();
  const { clock, pass } = steeredClock();
  const view = new IngestProgressView(terminal, clock);
  for (let done = 0; done < 100; done++) {
    view.update(progress(done));
    pass(25);
  }
  const lines = terminal.errors().trimEnd().split('\n');
  t.equal(lines.length, 3);
  t.notOk(['\x1b', '\r'].some((character) => terminal.errors().includes(character)));
  t.equal(lines[1], '40/100 documents (40 %), 40/s, 1.5 s left, 0 failed');
});

t.test('several stores are summed, and a narrow terminal cuts the line', async (t) => {
  const terminal = recordedTerminal({ isWatched: true, columns: 20 });
  const { clock, pass } = steeredClock();
  const view = new IngestProgressView(terminal, clock);
  view.update({ ...progress(0), store: 'a', total: 0 });
  pass(1_000);
  view.update({ ...progress(5), store: 'b', total: 10 });
  for (const line of terminal.errors().split('\r\x1b[2K').slice(1)) t.ok(line.length < 20);
});
