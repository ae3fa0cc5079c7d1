import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { loadSettings } from '../../../src/config/load-settings.js';

function load(t: Test, text: string, environment: Readonly<Record<string, string>> = {}) {
  const folder = t.testdir({ 'hector.yaml': text, home: {} });
  return loadSettings({ file: 'hector.yaml', workingDirectory: folder, environment: { HOME: `${folder}/home`, ...environment } });
}

t.test('a service is told by its address or by host and port; what is left out is filled in (CFG-61, VEC-02 … VEC-06, W-85)', async (t) => {
  const { vectorStores } = load(
    t,
    `
vector_stores:
  a: {type: qdrant}
  b: {type: chroma, host: "chroma.internal:9000", tenant: x, database: y}
  c: {type: milvus, host: m, port: 443, enable_tls: true, api_key: "root:Milvus", timeout: 2m}
  d: {type: weaviate, url: "https://w.example/", collection: library}
  e: {type: pinecone}
  f: {type: pinecone, url: "http://localhost:5080", environment: us-east1-gcp, index_name: mine}
  g: {type: qdrant, host: "[::1]:7000"}
`,
    { PINECONE_API_KEY: 'p' },
  );
  t.match(vectorStores['a'], { type: 'qdrant', url: 'http://localhost:6333', apiKey: '', collection: 'hector', timeoutMs: 30_000 });
  t.match(vectorStores['b'], { url: 'http://chroma.internal:9000', tenant: 'x', database: 'y' });
  t.match(vectorStores['c'], { url: 'https://m:443', apiKey: 'root:Milvus', timeoutMs: 120_000 });
  t.match(vectorStores['d'], { url: 'https://w.example', collection: 'library' });
  t.match(vectorStores['e'], { url: 'https://api.pinecone.io', apiKey: 'p', indexName: 'hector-index', cloud: 'aws', region: 'us-east-1' });
  t.match(vectorStores['f'], { apiKey: '', environment: 'us-east1-gcp', indexName: 'mine' });
  t.match(vectorStores['g'], { url: 'http://[::1]:7000' });
});

t.test('each service has its port, on this machine when no host is named; Pinecone wants a key (CFG-62)', async (t) => {
  const stores = ['qdrant', 'weaviate', 'milvus', 'chroma'].map((type) => `  ${type}: {type: ${type}, host: db}\n`).join('');
  const { vectorStores } = load(t, `vector_stores:\n${stores}  here: {type: milvus}\n`);
  t.same(
    Object.entries(vectorStores).flatMap(([name, store]) => (store.type === 'hnsw' ? [] : [[name, store.url]])),
    [
      ['chroma', 'http://db:8000'],
      ['here', 'http://localhost:19530'],
      ['milvus', 'http://db:19530'],
      ['qdrant', 'http://db:6333'],
      ['weaviate', 'http://db:8080'],
    ],
  );
  t.throws(() => load(t, 'vector_stores: {p: {type: pinecone}}'), {
    code: 'CONFIG_INVALID',
    problems: [{ field: 'vector_stores.p.api_key' }],
  });
});

t.test('addresses that contradict each other, and a missing key, are problems with their paths', async (t) => {
  const text = `
vector_stores:
  a: {type: qdrant, url: "http://q", host: other}
  b: {type: qdrant, host: "http://q:6333"}
  c: {type: pinecone}
  d: {type: qdrant, url: "q:6333", timeout: soon}
`;
  t.throws(() => load(t, text), {
    code: 'CONFIG_INVALID',
    problems: [
      { field: 'vector_stores.a.url', description: /beside host/ },
      { field: 'vector_stores.b.host', description: /goes into url/ },
      { field: 'vector_stores.c.api_key', description: /PINECONE_API_KEY/ },
      { field: 'vector_stores.d.url' },
      { field: 'vector_stores.d.timeout' },
    ],
  });
});

t.test('the examples of config/vector-stores load', async (t) => {
  const folder = fileURLToPath(new URL('../../../../config/vector-stores/', import.meta.url));
  const files = readdirSync(folder);
  t.equal(files.length, 5);
  for (const file of files) {
    const { vectorStores } = load(t, readFileSync(folder + file, 'utf8'), { PINECONE_API_KEY: 'p' });
    t.equal(vectorStores['default']?.type, file.replace('.yaml', ''));
  }
});
