import t from 'tap';
import { measureRetriever } from '../../../../src/knowledge/search/measure-retriever.js';
import { noKnowledgeMetrics } from '../../../../src/observe/knowledge-metrics.js';
import { createSearchTool } from '../../../../src/providers/tools/adapters/search.js';
import { userMessage } from '../../../contract/language-model.js';
import { createTestAgent, runToEnd } from '../../../support/llm-agent.js';
import { recordSpans } from '../../../support/record-spans.js';
import { createScriptedModel } from '../../../support/scripted-llm.js';
import { createSteeredClock } from '../../../support/steered-clock.js';

t.test('a step is a tree of spans: agent → model, tool → search (OBS-30…32)', async (t) => {
  const recorded = recordSpans(t);

  const clock = createSteeredClock();
  const retriever = measureRetriever({ search: async () => [] }, noKnowledgeMetrics, clock);
  const tools = [createSearchTool({ stores: ['docs'], search: retriever, clock })];
  const model = createScriptedModel(t, [
    { say: [{ call: { name: 'search', arguments: { query: 'refunds' } } }], usage: { inputTokens: 5, outputTokens: 3 } },
    { say: ['ok'] },
  ]);
  const settings = { includeContext: true, documentStores: ['docs'] };
  await runToEnd(createTestAgent(model, { tools, retriever }, settings), [userMessage('How long do refunds take?')]);

  const spans = recorded.finished();
  const nameOf = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
  const tree = spans.map((span) => `${nameOf.get(span.parentSpanContext?.spanId ?? '') ?? '-'} > ${span.name}`).sort();
  t.same(tree, [
    '- > hector.agent.run',
    '- > hector.agent.run',
    'hector.agent.run > hector.llm.call',
    'hector.agent.run > hector.llm.call',
    'hector.agent.run > hector.rag.search',
    'hector.agent.run > hector.rag.search',
    'hector.agent.run > hector.tool.execute',
    'hector.tool.execute > hector.rag.search',
  ]);
  const attributesOf = (name: string) => spans.find((span) => span.name === name)?.attributes;
  t.match(attributesOf('hector.agent.run'), { 'hector.agent.name': 'helper', 'hector.agent.type': 'llm' });
  t.match(attributesOf('hector.llm.call'), {
    'gen_ai.system': 'scripted',
    'gen_ai.request.model': 'scripted',
    'gen_ai.response.finish_reason': 'tool_calls',
    'gen_ai.usage.input_tokens': 5,
    'gen_ai.usage.output_tokens': 3,
  });
  t.match(attributesOf('hector.tool.execute'), { 'gen_ai.tool.name': 'search', 'gen_ai.tool.call.id': 'call-1-0' });
});
