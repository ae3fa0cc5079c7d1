import t, { type Test } from 'tap';
import { loadSettings } from '../../../src/config/load-settings.js';

function load(t: Test, store: string) {
  const folder = t.testdir({ 'hector.yaml': `vector_stores: {v: ${store}}`, home: {} });
  return loadSettings({ file: 'hector.yaml', workingDirectory: folder, environment: { HOME: `${folder}/home` } });
}

function embedded({ vectorStores: { v } }: ReturnType<typeof load>) {
  return v?.type === 'hnsw' ? v : undefined;
}

t.test('the index of an embedded store has defaults, each of which can be changed (VEC-09, CFG-61)', async (t) => {
  t.same(embedded(load(t, '{}'))?.index, {
    engine: 'hnswlib',
    m: 16,
    efConstruction: 128,
    efSearch: 128,
    quantization: 'f32',
  });
  const index = '{engine: usearch, m: 24, ef_construction: 200, ef_search: 64, quantization: i8}';
  const changed = embedded(load(t, `{compress: true, index: ${index}}`));
  t.same([changed?.compress, embedded(load(t, '{}'))?.compress], [true, false]);
  t.same(changed?.index, {
    engine: 'usearch',
    m: 24,
    efConstruction: 200,
    efSearch: 64,
    quantization: 'i8',
  });
  t.match(embedded(load(t, '{index: {engine: usearch}}'))?.index, { quantization: 'f16', efSearch: 192 });
});

t.test('what hnswlib cannot do is a problem of the configuration (VEC-09)', async (t) => {
  t.throws(() => load(t, '{index: {quantization: i8}}'), {
    code: 'CONFIG_INVALID',
    problems: [
      { field: 'vector_stores.v.index.quantization', description: "is 'i8', and hnswlib keeps f32 only; engine: usearch has the others" },
    ],
  });
  t.throws(() => load(t, '{index: {engine: faiss, m: 1}}'), {
    code: 'CONFIG_INVALID',
    problems: [{ field: 'vector_stores.v.index.engine' }, { field: 'vector_stores.v.index.m' }],
  });
});
