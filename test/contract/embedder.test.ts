import t from 'tap';
import { assertVectors, SIGNAL, setUpEmbedder, testEmbedder } from './embedder.js';

testEmbedder({
  service: 'openai',
  maxTexts: 100,
  path: '/v1/embeddings',
  readFailure: (message) => ({ error: { message, type: 'invalid_request_error', param: null, code: null } }),
  tooLong: {
    type: 'status',
    status: 400,
    body: {
      error: {
        message:
          "This model's maximum context length is 8192 tokens, however you requested 8610 tokens (8610 in your prompt; 0 for the completion). Please reduce your prompt; or completion length.",
        type: 'invalid_request_error',
        param: null,
        code: null,
      },
    },
  },
  readPurpose: ({ input_type: type }) => type,
  purposes: [undefined, undefined],
});

testEmbedder({
  service: 'ollama',
  maxTexts: 100,
  path: '/api/embed',
  readFailure: (message) => ({ error: message }),
  tooLong: { type: 'status', status: 400, body: { error: 'the input length exceeds the context length' } },
  readPurpose: ({ input_type: type }) => type,
  purposes: [undefined, undefined],
});

testEmbedder({
  service: 'cohere',
  maxTexts: 96,
  path: '/v2/embed',
  readFailure: (message) => ({ id: 'b2c4', message }),
  tooLong: { type: 'status', status: 400, body: { message: 'too many tokens: max tokens per input is 512, got 660' } },
  readPurpose: ({ input_type: type }) => type,
  purposes: ['search_document', 'search_query'],
});

t.test('openai: base64 gives the same vectors, user and dimensions are passed on (EMB-01)', async (t) => {
  const { create, peer } = await setUpEmbedder(t, 'openai');
  const float = await create().embed(['a', 'b'], 'document', SIGNAL);
  const base64 = await create({ encodingFormat: 'base64', user: 'u-1' }).embed(['a', 'b'], 'document', SIGNAL);
  t.same(base64, float);
  t.match(peer.requests[0]?.body, {
    model: 'test-model',
    input: ['a', 'b'],
    encoding_format: 'float',
    user: undefined,
    dimensions: undefined,
  });
  t.match(peer.requests[1]?.body, { encoding_format: 'base64', user: 'u-1' });
  assertVectors(t, await create({ outputDimension: 16 }).embed(['a'], 'document', SIGNAL), ['a'], 16);
  t.equal(peer.requests[2]?.body['dimensions'], 16);
  const small = create({ model: 'text-embedding-3-small', dimension: 256 });
  assertVectors(t, await small.embed(['a'], 'document', SIGNAL), ['a'], 256);
  t.equal(peer.requests[3]?.body['dimensions'], 256, 'a model that can is asked for the configured length');
  t.equal(create({ model: 'text-embedding-3-large' }).dimension, 3072);
});

t.test('openai: without a key the service itself is not asked, another one is, and without a header', async (t) => {
  const { create, peer } = await setUpEmbedder(t, 'openai');
  await t.rejects(create({ apiKey: '', baseUrl: '' }).embed(['a'], 'document', SIGNAL), {
    code: 'EMBEDDER_UNAUTHORIZED',
    message: /embedders\.main\.api_key is empty.*OPENAI_API_KEY/,
  });
  await create({ apiKey: '' }).embed(['a'], 'document', SIGNAL);
  t.equal(peer.requests[0]?.headers.authorization, undefined);
});

t.test('openai: more tokens than one request may have are split, an empty account is no rate limit', async (t) => {
  const message = 'Requested 309209 tokens, max 300000 tokens per request';
  const error = (status: number, code: string) =>
    ({ type: 'status', status, body: { error: { message, type: code, param: null, code } } }) as const;
  const { embedder, peer } = await setUpEmbedder(t, 'openai');
  peer.script(error(400, 'max_tokens_per_request'));
  assertVectors(t, await embedder.embed(['a', 'b'], 'document', SIGNAL), ['a', 'b'], 8);
  peer.script(error(429, 'insufficient_quota'));
  await t.rejects(embedder.embed(['c'], 'document', SIGNAL), { code: 'EMBEDDER_UNUSABLE', message: /no quota left/ });
});

t.test(
  'cohere: its settings are passed on, an address with its version is understood, a month that is used up is no rate limit (EMB-03)',
  async (t) => {
    const { create, peer } = await setUpEmbedder(t, 'cohere');
    await create({ inputType: 'classification', truncate: 'END', outputDimension: 256, baseUrl: `${peer.url}/v2` }).embed(
      ['a'],
      'query',
      SIGNAL,
    );
    t.match(peer.requests[0]?.body, {
      model: 'test-model',
      texts: ['a'],
      input_type: 'classification',
      embedding_types: ['float'],
      truncate: 'END',
      output_dimension: 256,
    });
    peer.script({
      type: 'status',
      status: 429,
      body: { message: 'You are using a Trial key, which is limited to 1000 API calls / month.' },
    });
    await t.rejects(create().embed(['b'], 'document', SIGNAL), { code: 'EMBEDDER_UNUSABLE' });
  },
);

t.test('ollama: whether it may cut is told (EMB-02)', async (t) => {
  const { create, peer } = await setUpEmbedder(t, 'ollama');
  await create().embed(['a'], 'document', SIGNAL);
  await create({ truncate: 'END' }).embed(['b'], 'document', SIGNAL);
  t.match(peer.requests[0]?.body, { model: 'test-model', input: ['a'], truncate: false });
  t.match(peer.requests[1]?.body, { truncate: true });
});
