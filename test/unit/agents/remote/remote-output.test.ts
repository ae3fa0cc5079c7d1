import t from 'tap';
import { RemoteOutput } from '../../../../src/agents/remote/remote-output.js';
import type { TaskEvent } from '../../../../src/tasks/task-event.js';

const text = (artifactId: string, said: string) => ({ artifactId, parts: [{ text: said }] });
const committed = (artifactId: string, said: string) =>
  ({ type: 'artifact.updated', artifact: text(artifactId, said), append: false, lastChunk: false }) as unknown as TaskEvent;

t.test('growth is gathered and previewed; a snapshot adds what is new; anything else replaces (R9)', (t) => {
  const previews: string[] = [];
  const preview = (id: string, more: string) => void previews.push(`${id}:${more}`);
  const output = new RemoteOutput([committed('a', 'one ')], ['a']);
  t.same(output.add({ artifact: text('a', 'one two ') }, preview), []);
  t.same(output.add({ artifact: text('a', 'three'), append: true }, preview), []);
  t.same(previews, ['a:two ', 'a:three']);
  t.equal(output.gathered, 9);
  t.match(output.flush(), [{ artifact: text('a', 'two three'), append: true, lastChunk: false }]);
  t.same(output.add({ artifact: text('a', 'one two three') }, preview), [], 'what is there already adds nothing');
  t.same(output.flush(), []);
  t.match(output.add({ artifact: text('a', 'other') }, preview), [{ artifact: text('a', 'other'), append: false }]);
  t.same(output.add({ artifact: text('b', 'new') }, preview), []);
  const data = { artifactId: 'b', parts: [{ data: 1 }] };
  t.match(output.add({ artifact: data, append: true, lastChunk: true }, preview), [
    { artifact: text('b', 'new'), append: false },
    { artifact: data, append: true, lastChunk: true },
  ]);
  t.same(output.sessionParts, [
    { type: 'text', text: 'other' },
    { type: 'text', text: 'new' },
    { type: 'data', data: 1 },
  ]);
  t.end();
});

t.test('at the end every open text is closed, and there is a limit', (t) => {
  const output = new RemoteOutput([committed('a', 'one')], ['a']);
  output.add({ artifact: text('b', 'two') }, () => {});
  t.match(output.flush(true), [
    { artifact: text('b', 'two'), append: false, lastChunk: true },
    { artifact: text('a', ''), append: true, lastChunk: true },
  ]);
  t.throws(() => output.add({ artifact: text('c', 'x'.repeat(17 * 1_048_576)) }, () => {}), { code: 'REMOTE_BAD_RESPONSE' });
  t.end();
});
