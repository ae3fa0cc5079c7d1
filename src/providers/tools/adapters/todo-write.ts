/** `todo_write` (TOOL-19, W-38): the list lives in the session's state, so that it survives, and every instance sees it. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../base/json.js';
import type { Tool } from '../contract.js';

const STATUSES = ['pending', 'in_progress', 'completed', 'canceled'] as const;
const MARKS: Readonly<Record<string, string>> = { pending: '[ ]', in_progress: '[~]', completed: '[x]', canceled: '[-]' };
const MAX_TODOS = 200;

interface Todo {
  readonly id: string;
  readonly content: string;
  readonly status: string;
}

export function createTodoWriteTool(): Tool {
  return {
    name: 'todo_write',
    description:
      'Keeps the list of what is to be done in this conversation. With merge, entries of the same id are replaced and others stay; without it, the list is replaced. Write it once per answer: calls side by side do not see each other.',
    parameters: {
      type: 'object',
      properties: {
        merge: { type: 'boolean', default: false, description: 'Entries that are not named stay' },
        todos: {
          type: 'array',
          minItems: 1,
          maxItems: MAX_TODOS,
          items: {
            type: 'object',
            properties: {
              id: { type: 'string', minLength: 1, maxLength: 100 },
              content: { type: 'string', minLength: 1, maxLength: 1_000 },
              status: { type: 'string', enum: [...STATUSES] },
            },
            required: ['id', 'content', 'status'],
            additionalProperties: false,
          },
        },
      },
      required: ['todos'],
      additionalProperties: false,
    },
    effect: 'pure',
    async execute(args, { agent, sessionState }) {
      const key = todoKey(agent);
      const written = args['todos'] as unknown as readonly Todo[];
      const todos = merge(args['merge'] === true ? readTodos(sessionState[key]) : [], written);
      if (todos.length > MAX_TODOS)
        return { content: `Error: the list would have ${todos.length} entries; at most ${MAX_TODOS} are kept`, isError: true };
      const shown = todos.map(({ id, content, status }): JsonObject => ({ id, content, status }));
      return {
        content: todos.map(({ id, content, status }) => `${MARKS[status] ?? '[ ]'} ${id}: ${content}`).join('\n'),
        data: { todos: shown },
        sessionState: { [key]: shown },
      };
    },
  };
}

/** Agents of one session have lists of their own. */
export function todoKey(agent: string): string {
  return `todos.${agent}`;
}

/** Later ones win; who was there keeps its place. */
function merge(before: readonly Todo[], written: readonly Todo[]): readonly Todo[] {
  const byId = new Map(before.map((todo) => [todo.id, todo]));
  for (const todo of written) byId.set(todo.id, todo);
  return [...byId.values()];
}

function readTodos(value: JsonValue | undefined): readonly Todo[] {
  if (!Array.isArray(value)) return [];
  return value.filter((todo): todo is JsonObject => isJsonObject(todo) && typeof todo['id'] === 'string') as unknown as readonly Todo[];
}
