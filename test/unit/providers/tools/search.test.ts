import t from 'tap';
import { createToolHandles } from '../../../../src/agents/llm/tool-handles.js';
import { AppError } from '../../../../src/base/errors.js';
import { createSearchTool } from '../../../../src/providers/tools/adapters/search.js';
import { createArgumentsCheck } from '../../../../src/providers/tools/arguments.js';
import type { FoundPassage, PassageSearch } from '../../../../src/providers/tools/passage-search.js';
import { createSteeredClock } from '../../../support/steered-clock.js';

const hit = (changes: Partial<FoundPassage> = {}): FoundPassage => ({
  store: 'docs',
  documentId: 'd1',
  chunkIndex: 4,
  content: 'Five days.',
  score: 0.876543,
  sourcePath: 'refunds.md',
  title: 'Refunds',
  startLine: 3,
  endLine: 7,
  ...changes,
});
const context = {
  taskId: 't',
  contextId: 'c',
  agent: 'helper',
  owner: 'o',
  callId: '1',
  sessionState: {},
  ...createToolHandles(undefined, { taskId: 't', agent: 'helper', signal: new AbortController().signal, saved: [] }),
  progress: () => undefined,
  idempotencyKey: 'k',
  signal: new AbortController().signal,
};

function recording(hits: readonly FoundPassage[]): PassageSearch & { readonly asked: unknown[] } {
  const asked: unknown[] = [];
  return {
    asked,
    search: async (query, options) => {
      asked.push({ query, ...options });
      return hits;
    },
  };
}

t.test('search answers with numbered passages for the model and sources for clients (TOOL-20)', async (t) => {
  const search = recording([hit(), hit({ documentId: 'd2', content: 'Free\u200b.' })]);
  const tool = createSearchTool({ stores: ['docs', 'faq'], search, clock: createSteeredClock() });
  const check = createArgumentsCheck()(tool, { query: 'refund' });
  const result = await tool.execute(check.type === 'valid' ? check.arguments : {}, context);
  t.same(search.asked, [{ query: 'refund', stores: ['docs', 'faq'], limit: 10 }]);
  t.match(JSON.parse(result.content), {
    query: 'refund',
    results: [
      {
        number: 1,
        store_name: 'docs',
        document_id: 'd1',
        chunk_index: 4,
        content: 'Five days.',
        score: 0.8765,
        source_path: 'refunds.md',
        title: 'Refunds',
        start_line: 3,
        end_line: 7,
      },
      { number: 2, content: 'Free.' },
    ],
  });
  t.same((result.data as { sources: unknown[] }).sources[0], {
    store: 'docs',
    documentId: 'd1',
    sourcePath: 'refunds.md',
    title: 'Refunds',
    startLine: 3,
    endLine: 7,
    score: 0.876543,
  });
  t.equal(tool.effect, 'pure');
});

t.test('a store outside the agent’s list is an error result and nobody is asked (RAG-50)', async (t) => {
  const search = recording([hit()]);
  const tool = createSearchTool({ stores: ['docs', 'faq'], search, clock: createSteeredClock() });
  const result = await tool.execute({ query: 'salary', stores: ['docs', 'payroll'], limit: 10 }, context);
  t.ok(result.isError);
  t.match(result.content, "'payroll'");
  t.same(search.asked, []);
  await tool.execute({ query: 'refund', stores: ['faq', 'faq'], limit: 3 }, context);
  t.same(search.asked, [{ query: 'refund', stores: ['faq'], limit: 3 }]);
});

t.test('limits of the arguments hold: 2–10,000 characters, at most 50 passages (RAG-41, TOOL-20)', async (t) => {
  const tool = createSearchTool({ stores: ['docs'], search: recording([]), clock: createSteeredClock() });
  const check = createArgumentsCheck();
  for (const args of [{ query: 'x' }, { query: 'x'.repeat(10_001) }, { query: 'refund', limit: 51 }, { query: 'refund', limit: 0 }, {}])
    t.equal(check(tool, args).type, 'invalid');
  t.equal(check(tool, { query: 'refund', limit: 50 }).type, 'valid');
});

t.test('a search ends after 30 s, and at once with the step (TOOL-20)', async (t) => {
  const clock = createSteeredClock();
  const signals: AbortSignal[] = [];
  const search: PassageSearch = {
    search: (_query, _options, signal) => {
      signals.push(signal);
      return new Promise(() => {});
    },
  };
  const tool = createSearchTool({ stores: ['docs'], search, clock });
  const slow = tool.execute({ query: 'refund', limit: 10 }, context);
  slow.catch(() => {});
  await clock.advance(30_000);
  await t.rejects(slow, { code: 'TOOL_FAILED', message: /30 s/ });
  const abort = new AbortController();
  const stopped = tool.execute({ query: 'refund', limit: 10 }, { ...context, signal: abort.signal });
  abort.abort(new AppError('TASK_CANCELED'));
  await t.rejects(stopped, { code: 'TASK_CANCELED' });
  t.ok(signals.every((signal) => signal.aborted));
  t.equal(clock.pending(), 0);
});
