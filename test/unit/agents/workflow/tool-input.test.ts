import t from 'tap';
import { toArguments } from '../../../../src/agents/workflow/tool-input.js';
import type { JsonObject } from '../../../../src/base/json.js';

const tool = (properties: JsonObject, required: readonly string[] = []) => ({ parameters: { type: 'object', properties, required } });
const TEXT = { type: 'string' };

t.test('an object gives the arguments, anything else the one text that the tool needs (AGT-33)', async (t) => {
  const two = tool({ a: TEXT, b: { type: 'integer' }, c: TEXT }, ['c']);
  t.same(toArguments(two, '{"a":"x","b":1,"other":true}'), { a: 'x', b: 1 }, 'members that the tool knows');
  t.same(toArguments(two, 'words'), { c: 'words' }, 'the text that is required');
  t.same(toArguments(two, '{"other":1}'), { c: '{"other":1}' }, 'an object of something else is a text');
  t.same(toArguments(two, '{not json'), { c: '{not json' });
  t.same(toArguments(tool({ n: { type: 'integer' }, q: TEXT }), 'words'), { q: 'words' }, 'else the first text');
  t.same(toArguments(tool({ n: { type: 'integer' } }), 'words'), {});
  t.same(toArguments(tool({}), '{"free":1}'), { free: 1 }, 'a tool that takes anything');
});
