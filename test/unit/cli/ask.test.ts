import t, { type Test } from 'tap';
import type { IngestProgress } from '../../../src/runtime/hector.js';
import { startPeer } from '../../support/a2a-peer.js';
import { recordStart, runCommand } from '../../support/cli-rig.js';

const files = {
  'h.yaml': `
document_stores: {a: {source: {type: directory, path: a}}, b: {source: {type: directory, path: b}}}
agents: {one: {document_stores: [b]}, none: {document_stores: []}}
`,
};
const UNCHANGED: IngestProgress = { store: '', total: 3, done: 0, failed: 0, skipped: 3, chunks: 0, finished: true };

async function ask(
  t: Test,
  options: { readonly result?: IngestProgress; readonly flags?: readonly string[]; readonly isWatched?: boolean },
) {
  const order: unknown[] = [];
  const peer = await startPeer([
    (answer) => {
      order.push('asked');
      answer.event({ message: { messageId: 'm', role: 'ROLE_AGENT', parts: [{ text: 'Yes.' }] } }, '1');
      answer.end();
    },
  ]);
  t.teardown(() => peer.close());
  const { start } = recordStart(t, {
    url: peer.url,
    ingest: async (names, onProgress) => {
      order.push(names);
      onProgress({ ...UNCHANGED, store: 'a', finished: false });
      return options.result ?? UNCHANGED;
    },
  });
  const isWatched = options.isWatched ?? false;
  const result = await runCommand(t, ['ask', '-c', 'h.yaml', ...(options.flags ?? []), 'Well?'], { files, start, isWatched });
  return { ...result, order };
}

t.test('ask with its own server brings the stores up to date before it asks', async (t) => {
  const { code, output, errors, order } = await ask(t, { result: { ...UNCHANGED, done: 2, skipped: 1, chunks: 4 } });
  t.match({ code, output }, { code: 0, output: 'Yes.\n' });
  t.same(order, [['a', 'b'], 'asked']);
  t.match(errors, /^3 documents: 2 indexed \(4 chunks\), 1 unchanged, 0 failed, in [^\n]*\n$/, 'one line where nobody watches');
});

t.test('stores that are unchanged are not worth a line', async (t) => {
  t.equal((await ask(t, {})).errors, '');
});

t.test('somebody who watches sees the progress', async (t) => {
  t.match((await ask(t, { isWatched: true })).errors, /\[#+\] 3\/3 documents/);
});

t.test('only the stores of the agent that is asked are read', async (t) => {
  t.same((await ask(t, { flags: ['--agent', 'one'] })).order, [['b'], 'asked']);
  t.same((await ask(t, { flags: ['--agent', 'none'] })).order, ['asked']);
  t.same((await ask(t, { flags: ['--agent', 'unknown'] })).order, [['a', 'b'], 'asked'], 'the server says that there is no such agent');
});
