import t from 'tap';
import { prepareDocument } from '../../../src/knowledge/extract/prepare-document.js';
import { chunkWords } from '../../../src/knowledge/search/chunk-words.js';
import { defaultStore } from '../../support/knowledge-rig.js';

t.test('a prepared chunk brings the words that it is found by, so that the transaction that writes them need not make them', async (t) => {
  const { chunking } = defaultStore('/docs');
  for (const [name, content, title] of [
    ['guide.md', '# Ships\n\n## Harbours\n\nThe retryDocument of harbours.\n', 'Ships'],
    ['notes.txt', 'Otters swim.', 'notes.txt'],
  ] as const) {
    const prepared = await prepareDocument({ name, content: new TextEncoder().encode(content), chunking, knownHash: '' });
    if (prepared.type !== 'prepared') throw new Error(prepared.type);
    t.equal(prepared.title, title);
    t.ok(prepared.chunks.length > 0);
    for (const { words, text, place } of prepared.chunks) t.equal(words, chunkWords({ text, title, place }).join(' '));
  }
});
