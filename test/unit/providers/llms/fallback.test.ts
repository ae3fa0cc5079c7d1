import t from 'tap';
import { AppError, type ErrorCode } from '../../../../src/base/errors.js';
import { silentLogger } from '../../../../src/observe/log.js';
import type { LanguageModel, ModelEvent } from '../../../../src/providers/llms/contract.js';
import { withFallbacks } from '../../../../src/providers/llms/fallback.js';
import { collect, joinText, userMessage } from '../../../contract/language-model.js';

const ask = { system: '', messages: [userMessage('Hi')], tools: [] };

/** Says the texts, then ends well or with the failure. */
function model(name: string, { says = [name], fails }: { says?: readonly string[]; fails?: AppError } = {}) {
  const asked = { count: 0 };
  const made: LanguageModel = {
    provider: 'test',
    model: name,
    supportsOutputSchema: name !== 'plain',
    async *generate(): AsyncGenerator<ModelEvent> {
      asked.count += 1;
      if (fails === undefined || says.length > 0) for (const text of says) yield { type: 'text', text };
      if (fails !== undefined) throw fails;
      yield { type: 'finish', reason: 'stop' };
    },
  };
  return { made, asked };
}

const failing = (name: string, code: ErrorCode, details: Record<string, unknown> = {}) =>
  model(name, { says: [], fails: new AppError(code, { message: `${name} failed`, details }) });

function chain(models: Record<string, { made: LanguageModel }>, fallback: Record<string, readonly string[]>, start = 'a'): LanguageModel {
  const llms = Object.fromEntries(Object.keys(models).map((key) => [key, { fallback: fallback[key] ?? [] }]));
  const chained = withFallbacks(llms, new Map(Object.entries(models).map(([key, { made }]) => [key, made])), silentLogger);
  return chained.get(start) as LanguageModel;
}

t.test('a failure that another model may not have goes to the next, and the answer tells who gave it (W-66)', async (t) => {
  const failures: [ErrorCode, Record<string, unknown>?][] = [
    ['LLM_UNAVAILABLE'],
    ['LLM_RATE_LIMITED'],
    ['LLM_TIMEOUT'],
    ['LLM_BAD_RESPONSE'],
    ['LLM_UNAUTHORIZED'],
    ['LLM_REJECTED', { kind: 'quota' }],
    ['LLM_REJECTED', { kind: 'no_model' }],
  ];
  for (const [code, details] of failures) {
    const events = await collect(chain({ a: failing('one', code, details), b: model('two') }, { a: ['b'] }), ask);
    t.equal(joinText(events), 'two', code);
    t.same(events.at(-1), { type: 'finish', reason: 'stop', answeredBy: { llm: 'b', provider: 'test', model: 'two' } });
  }
});

t.test('what the request is to blame for is not asked again elsewhere', async (t) => {
  for (const kind of ['rejected', 'too_long']) {
    const second = model('two');
    await t.rejects(collect(chain({ a: failing('one', 'LLM_REJECTED', { kind }), b: second }, { a: ['b'] }), ask), {
      code: 'LLM_REJECTED',
    });
    t.equal(second.asked.count, 0);
  }
});

t.test('after the first word the failure passes on: two models never speak in one answer', async (t) => {
  const first = model('one', { says: ['Hel'], fails: new AppError('LLM_UNAVAILABLE') });
  const second = model('two');
  await t.rejects(collect(chain({ a: first, b: second }, { a: ['b'] }), ask), { code: 'LLM_UNAVAILABLE' });
  t.equal(second.asked.count, 0);
});

t.test('fallbacks of fallbacks come before the next one, each model once; the last failure stands', async (t) => {
  const down = (name: string) => failing(name, 'LLM_UNAVAILABLE');
  const models = { a: down('a'), b: down('b'), c: down('c'), d: down('d') };
  const fallback = { a: ['b', 'c'], b: ['d', 'c'] };
  await t.rejects(collect(chain(models, fallback), ask), { code: 'LLM_UNAVAILABLE', message: 'c failed' });
  t.same(
    Object.values(models).map(({ asked }) => asked.count),
    [1, 1, 1, 1],
  );
});

t.test('a canceled run asks nobody else', async (t) => {
  const abort = new AbortController();
  const second = model('two');
  const first = model('one');
  const canceled: LanguageModel = {
    ...first.made,
    async *generate(): AsyncGenerator<ModelEvent> {
      abort.abort(new AppError('TASK_CANCELED'));
      yield* failing('one', 'LLM_UNAVAILABLE').made.generate(ask, abort.signal);
    },
  };
  await t.rejects(collect(chain({ a: { made: canceled }, b: second }, { a: ['b'] }), ask, abort.signal), { code: 'TASK_CANCELED' });
  t.equal(second.asked.count, 0);
});

t.test('a chain is held to a schema only if all of it is; without a fallback a model stays itself', async (t) => {
  const [one, plain] = [model('one'), model('plain')];
  t.equal(chain({ a: one, b: plain }, { a: ['b'] }).supportsOutputSchema, false);
  t.equal(chain({ a: one, b: model('two') }, { a: ['b'] }).supportsOutputSchema, true);
  t.equal(chain({ a: one, b: plain }, {}), one.made);
});
