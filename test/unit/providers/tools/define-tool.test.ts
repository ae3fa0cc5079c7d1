import { Type } from '@sinclair/typebox';
import t from 'tap';
import { defineTool } from '../../../../src/index.js';
import { createArgumentsCheck } from '../../../../src/providers/tools/arguments.js';
import { toolContext } from '../../../support/tool-context.js';

const weather = defineTool({
  name: 'weather',
  description: 'The weather of a place.',
  parameters: Type.Object({
    place: Type.String({ minLength: 1, description: 'Where' }),
    days: Type.Integer({ minimum: 1, maximum: 7, default: 3 }),
    unit: Type.Union([Type.Literal('c'), Type.Literal('f')], { default: 'c' }),
    note: Type.Optional(Type.String()),
  }),
  effect: 'pure',
  async execute({ place, days, unit, note }) {
    // Types, not casts: this does not compile otherwise.
    const twice: number = days * 2;
    const letter: 'c' | 'f' = unit;
    return `${place.toUpperCase()} ${twice} ${letter} ${note ?? 'none'}`;
  },
});

t.test('a tool in code: its schema is checked, defaults are applied, arguments are typed (TOOL-50)', async (t) => {
  const check = createArgumentsCheck();
  const checked = check(weather, { place: 'Ulm' });
  t.same(checked, { type: 'valid', arguments: { place: 'Ulm', days: 3, unit: 'c' } });
  if (checked.type === 'valid') t.same(await weather.execute(checked.arguments, toolContext()), { content: 'ULM 6 c none' });
  t.match(weather.parameters, {
    required: ['place'],
    additionalProperties: false,
    properties: { days: { minimum: 1, maximum: 7, default: 3 } },
  });
  for (const bad of [{}, { place: '' }, { place: 'Ulm', days: 9 }, { place: 'Ulm', unit: 'k' }, { place: 'Ulm', other: 1 }])
    t.equal(check(weather, bad).type, 'invalid', JSON.stringify(bad));
});

t.test('a tool in code is once, and asks nobody, unless it says otherwise (R7)', async (t) => {
  const tool = defineTool({
    name: 'act',
    description: 'Acts.',
    parameters: Type.Object({}),
    execute: async () => ({ content: 'done', isError: true }),
  });
  t.equal(tool.effect, 'once');
  t.equal(tool.requiresApproval, undefined);
  t.same(await tool.execute({}, toolContext()), { content: 'done', isError: true });
});

t.test('a generator shows what it yields; its result, or all of that, is the result (TOOL-51)', async (t) => {
  const create = (end: string | undefined) =>
    defineTool({
      name: 'stream',
      description: 'Streams.',
      parameters: Type.Object({}),
      async *execute() {
        yield 'one ';
        yield 'two';
        return end;
      },
    });
  const context = toolContext();
  t.same(await create(undefined).execute({}, context), { content: 'one two' });
  t.same(context.shown, ['one ', 'two']);
  t.same(await create('result').execute({}, toolContext()), { content: 'result' });
});

t.test('an abort ends a generator at its next piece, with its own clean-up (TOOL-51)', async (t) => {
  const stop = new AbortController();
  let isCleanedUp = false;
  const tool = defineTool({
    name: 'endless',
    description: 'Never ends by itself.',
    parameters: Type.Object({}),
    async *execute() {
      try {
        for (;;) yield 'x';
      } finally {
        isCleanedUp = true;
      }
    },
  });
  await t.rejects(tool.execute({}, toolContext({ signal: stop.signal, progress: () => stop.abort(new Error('stop')) })), {
    message: 'stop',
  });
  t.equal(isCleanedUp, true);
});

t.test('a name that models cannot call is refused', async (t) => {
  t.throws(() => defineTool({ name: 'two words', description: '', parameters: Type.Object({}), execute: async () => '' }), {
    code: 'CONFIG_INVALID',
  });
});

t.test('a tool may return its result at once, as text or whole (TOOL-51)', async (t) => {
  const create = (execute: () => string | { content: string }) =>
    defineTool({ name: 'quick', description: 'Answers at once.', parameters: Type.Object({}), execute });
  t.same(await create(() => 'x').execute({}, toolContext()), { content: 'x' });
  t.same(await create(() => ({ content: 'y' })).execute({}, toolContext()), { content: 'y' });
});
