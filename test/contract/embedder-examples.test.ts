import { readdirSync } from 'node:fs';
import t from 'tap';
import { loadSettings } from '../../src/config/load-settings.js';
import { assertVectors, SIGNAL, setUpEmbedder } from './embedder.js';

const environment = { OPENAI_API_KEY: 'k-openai', COHERE_API_KEY: 'k-cohere' };
const EXAMPLES = {
  'cohere.yaml': { dimension: 512, key: 'Bearer k-cohere', body: { model: 'embed-v4.0', output_dimension: 512, truncate: 'END' } },
  'ollama.yaml': { dimension: 768, key: undefined, body: { model: 'nomic-embed-text', truncate: true } },
  'openai-compatible.yaml': { dimension: 8, key: undefined, body: { model: 'BAAI/bge-m3', encoding_format: 'float' } },
  'openai.yaml': {
    dimension: 1024,
    key: 'Bearer k-openai',
    body: { model: 'text-embedding-3-large', dimensions: 1024, encoding_format: 'base64' },
  },
} as const;

t.test('each example of an embedder asks its service as it stands in the file', async (t) => {
  t.same(readdirSync('config/embedders').sort(), Object.keys(EXAMPLES));
  for (const [file, { dimension, key, body }] of Object.entries(EXAMPLES)) {
    const settings = loadSettings({ file: `config/embedders/${file}`, environment });
    const embedder = settings.embedders['default'];
    if (embedder === undefined || embedder.provider === 'local') throw new Error(`${file} has no embedder of a service`);
    t.equal(settings.documentStores['docs']?.embedder, 'default', file);
    const { peer, create } = await setUpEmbedder(t, embedder.provider, { dimension: dimension === 1024 ? 3072 : dimension });
    assertVectors(t, await create({ ...embedder, baseUrl: peer.url }).embed(['a', 'b'], 'document', SIGNAL), ['a', 'b'], dimension);
    t.match(peer.requests[0]?.body, body, file);
    t.equal(peer.requests[0]?.headers.authorization, key, file);
  }
});
