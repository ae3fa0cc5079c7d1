/** Names of spans and attributes: the code, the documentation and the list of what must be there say the same. */
import t from 'tap';
import { readProjectFiles } from './project.js';

const files = readProjectFiles(/^src\/.*\.(ts|md)$/);
const code = [...files].filter(([path]) => path.endsWith('.ts')).map(([, text]) => text);
const source = code.join('\n');

/** Spans whose names are put together, by their beginning. */
const JOINED: Readonly<Record<string, readonly string[]>> = {
  'hector.db.': ['hector.db.read', 'hector.db.write'],
  'hector.rag.': ['hector.rag.hyde', 'hector.rag.multi_query', 'hector.rag.rerank'],
};

t.test('every span that is made is in the documentation, and every one there is made (OBS-31)', async (t) => {
  const plain = [...source.matchAll(/(?:with|in)Span\(\s*'(hector\.[\w.]+)'/g)].map(([, name]) => name as string);
  const joined = [...source.matchAll(/(?:with|in)Span\(\s*`(hector\.[\w.]+)\$\{/g)].flatMap(
    ([, start = '']) => JOINED[start] ?? [`${start}…`],
  );
  const made = new Set([...plain, ...joined]);
  // Attributes stand there too, with the tasks and agents they are of.
  const documented = ['src/README.md', 'src/observe/README.md'].flatMap((path) =>
    [...(files.get(path) ?? '').matchAll(/`(hector\.\w+\.\w+)`/g)].map(([, name]) => name as string),
  );
  t.same([...made].filter((name) => !documented.includes(name)).sort(), [], 'made, and not documented');
  const wanted =
    'agent.run llm.call tool.execute memory.search session.load http.request rag.search rag.index rag.embed rag.chunk rag.rerank rag.hyde';
  t.same(
    wanted.split(' ').filter((name) => !made.has(`hector.${name}`)),
    [],
    'wanted, and not made',
  );
  t.same(documented.filter((name) => !made.has(name) && !source.includes(`'${name}'`)).sort(), [], 'documented, and nowhere in the code');
});

t.test('every attribute that is wanted is set somewhere (OBS-32)', async (t) => {
  const wanted = [
    ...['system', 'operation.name', 'request.model', 'request.temperature', 'request.top_p', 'request.max_tokens'].map(
      (name) => `gen_ai.${name}`,
    ),
    ...['response.finish_reason', 'usage.input_tokens', 'usage.output_tokens', 'tool.name', 'tool.description', 'tool.call.id'].map(
      (name) => `gen_ai.${name}`,
    ),
    ...['agent.name', 'agent.type', 'invocation_id', 'session_id', 'user_id', 'event_id', 'llm.request', 'llm.response'].map(
      (name) => `hector.${name}`,
    ),
    ...['tool.args', 'tool.response', 'llm.thinking.blocks', 'llm.thinking.length'].map((name) => `hector.${name}`),
    ...['store.name', 'query', 'result_count', 'top_k', 'document_count', 'chunk_count', 'source_type'].map((name) => `hector.rag.${name}`),
    ...['chunker_strategy', 'hyde_enabled', 'rerank_enabled', 'multiquery_enabled', 'embedding_model', 'vector_provider'].map(
      (name) => `hector.rag.${name}`,
    ),
    ...['http.method', 'http.route', 'http.status_code', 'error.type', 'error.message'],
  ];
  t.same(
    wanted.filter((name) => !source.includes(`'${name}'`)),
    [],
  );
});
