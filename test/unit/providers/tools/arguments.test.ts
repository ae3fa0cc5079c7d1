import t from 'tap';
import { createArgumentsCheck } from '../../../../src/providers/tools/arguments.js';

const tool = {
  name: 'paint',
  parameters: {
    type: 'object',
    properties: {
      color: { type: 'string', enum: ['red', 'blue'] },
      coats: { type: 'integer', minimum: 1, default: 2 },
      options: { type: 'object', properties: { dry: { type: 'boolean', default: true } }, default: {} },
    },
    required: ['color'],
    additionalProperties: false,
  },
};

t.test('defaults of the schema are applied, at depth too, to a copy (TOOL-22)', async (t) => {
  const check = createArgumentsCheck();
  const args = { color: 'red' };
  t.same(check(tool, args), { type: 'valid', arguments: { color: 'red', coats: 2, options: { dry: true } } });
  t.same(args, { color: 'red' });
  t.same(check(tool, { color: 'blue', coats: 1, options: { dry: false } }), {
    type: 'valid',
    arguments: { color: 'blue', coats: 1, options: { dry: false } },
  });
});

t.test('every problem is named at once, with its path (TOOL-50, W-34)', async (t) => {
  const check = createArgumentsCheck();
  const result = check(tool, { coats: 0, colour: 'red', options: { dry: 'yes' } });
  t.equal(result.type, 'invalid');
  const problems = result.type === 'invalid' ? result.problems : '';
  for (const expected of ["required parameter 'color'", "'coats' must be >= 1", "no parameter 'colour'", "'options.dry' must be boolean"])
    t.match(problems, expected);
});

t.test('a schema that is none is the tool’s failure, and the same $id twice is not', async (t) => {
  const check = createArgumentsCheck();
  t.throws(() => check({ name: 'broken', parameters: { type: 'nonsense' } }, {}), { code: 'TOOL_FAILED', message: /'broken'/ });
  const first = { name: 'a', parameters: { $id: 'https://x.test/schema', type: 'object', required: ['a'] } };
  const second = { name: 'b', parameters: { $id: 'https://x.test/schema', type: 'object', required: ['b'] } };
  t.equal(check(first, { a: 1 }).type, 'valid');
  t.equal(check(second, { b: 1 }).type, 'valid');
});

t.test('schemas of the dialects that MCP servers send are understood', async (t) => {
  const check = createArgumentsCheck();
  for (const $schema of ['http://json-schema.org/draft-07/schema#', 'https://json-schema.org/draft/2020-12/schema']) {
    const parameters = { $schema, type: 'object', properties: { at: { type: 'string', format: 'date-time' } }, required: ['at'] };
    t.equal(check({ name: 'when', parameters }, { at: '2026-01-01T00:00:00Z' }).type, 'valid');
    t.equal(check({ name: 'when', parameters }, {}).type, 'invalid');
  }
});

t.test("patterns in a stranger's schema are not run: they could take minutes (TOOL-50, W-34)", async (t) => {
  const check = createArgumentsCheck();
  const parameters = { type: 'object', properties: { a: { type: 'string', pattern: '(a+)+$', maxLength: 100 } }, required: ['a'] };
  const text = `${'a'.repeat(40)}!`;
  t.equal(check({ name: 'slow', parameters, isForeign: true }, { a: text }).type, 'valid');
  t.equal(check({ name: 'slow', parameters, isForeign: true }, { a: 'x'.repeat(101) }).type, 'invalid', 'all else is checked');
  const own = { type: 'object', properties: { a: { type: 'string', pattern: '^[a-z]+$' } } };
  t.equal(check({ name: 'own', parameters: own }, { a: '!' }).type, 'invalid');
});

t.test('no schema keeps the process busy, whoever wrote it and whatever a model sends (W-34)', async (t) => {
  const check = createArgumentsCheck();
  const doubled = Object.fromEntries(
    Array.from({ length: 30 }, (_, at) => {
      const next = { $ref: `#/definitions/d${at + 1}` };
      return [`d${at}`, at === 29 ? { type: 'object', required: ['x'] } : { anyOf: [next, { allOf: [next, next] }] }];
    }),
  );
  const unique = { type: 'object', properties: { list: { type: 'array', uniqueItems: true } } };
  const list = Array.from({ length: 20_000 }, (_, at) => ({ at }));
  for (const [name, parameters, args] of [
    ['unique', unique, { list }],
    ['doubled', { type: 'object', definitions: doubled, $ref: '#/definitions/d0' }, { y: 1 }],
    ['pattern', { type: 'object', properties: { a: { type: 'string', pattern: '^(a+)+$' } } }, { a: `${'a'.repeat(40)}!` }],
  ] as const) {
    const before = process.cpuUsage();
    const checked = check({ name, parameters }, structuredClone(args) as never);
    t.match(checked, { type: 'invalid', problems: /could not be checked within 1000 ms/ }, name);
    const { user, system } = process.cpuUsage(before);
    t.ok(user + system < 4_000_000, `${name}: ${user + system} µs`);
  }
  t.equal(check({ name: 'unique', parameters: unique }, { list: [1, 2] }).type, 'valid');
  const many = check(tool, { color: 'red', ...Object.fromEntries(list.map((_, at) => [`k${at}`, 1])) });
  t.match(many, { type: 'invalid', problems: /has no parameter 'k0'.*; and 19980 more$/ });
});
