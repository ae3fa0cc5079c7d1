/** Searching through the front door: agents, the API and the command line, over the configuration that people can run. */
import path from 'node:path';
import t from 'tap';
import type { JsonObject } from '../../src/base/json.js';
import { loadSettings } from '../../src/config/load-settings.js';
import { sendText, textOfParts } from '../support/a2a-client.js';
import { runCommand } from '../support/cli-rig.js';
import { startTestHector } from '../support/start-hector.js';

t.test(
  'config/search.yaml: an agent answers from what is found by meaning and by words; the API and the command line search with mode, filter and limit (RAG-45, RAG-51, TOOL-20, W-12)',
  { timeout: 120_000 },
  async (t) => {
    const { source } = loadSettings({ file: 'config/search.yaml', environment: {} });
    const { document_stores: stores, agents } = JSON.parse(source) as Record<string, JsonObject>;
    const written = stores?.['handbook'] as JsonObject;
    const handbook = { ...written, source: { ...(written['source'] as JsonObject), path: path.resolve('config/quickstart/docs') } };
    const hector = await startTestHector(t, {
      roles: ['front', 'agent', 'keeper'],
      config: {
        // Nobody is there: what asks this model fails.
        llms: {
          default: { provider: 'offline' },
          gone: { provider: 'openai', model: 'm', api_key: 'k', base_url: 'http://127.0.0.1:9/v1' },
        },
        document_stores: {
          handbook,
          alone: {
            ...handbook,
            search: {
              ...{ mode: 'vector', enable_hyde: true, hyde_llm: 'gone', enable_multi_query: true, multi_query_llm: 'gone' },
              ...{ enable_rerank: true, rerank_llm: 'gone', llm_timeout: '500ms' },
            },
          },
        },
        agents: { ...(agents as JsonObject), alone: { document_stores: ['alone'], include_context: true } },
        observability: { metrics: { enabled: true } },
      },
    });
    t.match(await hector.ingest(undefined, () => undefined, AbortSignal.timeout(60_000)), { failed: 0 });
    const search = async (store: string, body: JsonObject) => {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${hector.url}/api/document_stores/${store}/search`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      });
      return { status: response.status, ...((await response.json()) as { hits: JsonObject[]; error: JsonObject }) };
    };
    const ask = async (agent: string, question: string) => {
      const task = await sendText(`${hector.url}/agents/${agent}`, question);
      return (task.artifacts ?? []).map(({ parts }) => textOfParts(parts)).join('\n');
    };

    t.match(await ask('guide', 'How much of the fare is given back after a delay of more than 45 minutes?'), /half of the fare/);
    t.match(await ask('alone', 'How much of the fare is given back after a delay of more than 45 minutes?'), /half of the fare/);

    const keyword = await search('handbook', { query: 'propellers', mode: 'keyword', limit: 3 });
    t.match(keyword, {
      status: 200,
      hits: [{ document_id: 'safety.md', section: 'Safety on board > Person overboard', content: /propellers/ }],
    });
    t.equal(keyword.hits.length, 1, 'no passage without the word');
    t.equal((await search('handbook', { query: 'wind', limit: 2 })).hits.length, 2);
    const filtered = await search('handbook', {
      query: 'the Marigold in strong wind',
      filter: { document_id: ['timetable.md', 'accessibility.md'] },
    });
    t.same([...new Set(filtered.hits.map((hit) => hit['document_id']))].sort(), ['accessibility.md', 'timetable.md']);
    t.same((await search('handbook', { query: 'wind', filter: { department: 'sales' } })).hits, []);
    t.ok((await search('alone', { query: 'wind' })).hits.length > 0, 'the models are away, the search is not');
    t.ok((await search('handbook', { query: `refund ${'really '.repeat(300)}` })).hits.length > 0, 'a long question');
    for (const [body, field] of [
      [{ query: 'wind', filter: { year: { about: 2024 } } }, 'filter.year'],
      [{ query: 'wind', mode: 'magic' }, 'mode'],
      [{ query: 'wind', threshold: 2 }, 'threshold'],
      [{ query: '' }, 'query'],
    ] as const)
      t.match(await search('handbook', body), { status: 400, error: { problems: [{ field }] } });
    t.match(await search('handbook', { query: 'x' }), { status: 400, error: { code: 'SEARCH_QUERY_INVALID' } });

    const cli = (...argv: string[]) => runCommand(t, ['documents', 'search', 'handbook', ...argv, '--url', hector.url]);
    t.match(await cli('propellers', '--mode', 'keyword', '--limit', '1'), {
      code: 0,
      output: /safety\.md, lines \d+-\d+\n[\s\S]*propellers/,
    });
    t.match(await cli('the ferry leaves', '--filter', 'document_id=timetable.md'), { code: 0, output: /timetable\.md/ });
    const { output } = await cli('the Marigold in strong wind', '--filter', '{"document_id": ["timetable.md"]}');
    t.ok(output.includes('timetable.md') && !output.includes('safety.md'));
    t.match(await cli('wind', '--filter', 'nonsense'), { code: 2, errors: /<key>=<value>/ });
    const metrics = await (await fetch(`${hector.url}/metrics`)).text();
    t.match(metrics, /hector_rag_searches_total\{store_name="handbook"\} [1-9]/);
    t.match(metrics, /hector_rag_index_vectors\{store_name="handbook"\} [1-9]/);
    t.match(metrics, /hector_rag_index_behind\{store_name="handbook"\} 0/);
  },
);
