import t from 'tap';
import type { JsonObject } from '../../../../src/base/json.js';
import { createTodoWriteTool } from '../../../../src/providers/tools/adapters/todo-write.js';
import { createArgumentsCheck } from '../../../../src/providers/tools/arguments.js';
import { toolContext } from '../../../support/tool-context.js';

const todo = (id: string, status = 'pending') => ({ id, content: `do ${id}`, status });

async function write(args: JsonObject, sessionState = {}, agent = 'helper') {
  const tool = createTodoWriteTool();
  const checked = createArgumentsCheck()(tool, args);
  return checked.type === 'invalid' ? checked.problems : await tool.execute(checked.arguments, toolContext({ sessionState, agent }));
}

t.test('the list goes into the state of the session, and to clients as data (TOOL-19, W-38)', async (t) => {
  t.same(await write({ todos: [todo('a'), todo('b', 'completed')] }), {
    content: '[ ] a: do a\n[x] b: do b',
    data: { todos: [todo('a'), todo('b', 'completed')] },
    sessionState: { 'todos.helper': [todo('a'), todo('b', 'completed')] },
  });
});

t.test('merge replaces entries of the same id and keeps the others; without it the list is new (TOOL-19)', async (t) => {
  const before = { 'todos.helper': [todo('a'), todo('b')], 'todos.other': [todo('z')] };
  t.match(await write({ merge: true, todos: [todo('b', 'in_progress'), todo('c')] }, before), {
    sessionState: { 'todos.helper': [todo('a'), todo('b', 'in_progress'), todo('c')] },
  });
  t.same(await write({ todos: [todo('c')] }, before), {
    content: '[ ] c: do c',
    data: { todos: [todo('c')] },
    sessionState: { 'todos.helper': [todo('c')] },
  });
  t.match(await write({ merge: true, todos: [todo('y')] }, before, 'other'), { sessionState: { 'todos.other': [todo('z'), todo('y')] } });
  t.match(await write({ merge: true, todos: [todo('y')] }, { 'todos.helper': 'nonsense' }), {
    sessionState: { 'todos.helper': [todo('y')] },
  });
});

t.test('at least one entry, each with a known status; the list has a limit (TOOL-19)', async (t) => {
  t.match(await write({ todos: [] }), /must NOT have fewer than 1/);
  t.match(await write({ todos: [todo('a', 'later')] }), /must be one of/);
  t.match(await write({ todos: [{ id: 'a', content: 'x' }] }), /misses the required parameter 'status'/);
  const many = Array.from({ length: 200 }, (_, index) => todo(String(index)));
  t.match(await write({ merge: true, todos: [todo('new')] }, { 'todos.helper': many }), { isError: true, content: /at most 200/ });
});
