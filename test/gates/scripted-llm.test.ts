import t from 'tap';
import { collect, userMessage } from '../contract/language-model.js';
import { createScriptedModel } from '../support/scripted-llm.js';

const request = { system: '', messages: [userMessage('?')], tools: [] };

t.test('the scripted model fails on a call too many and on a turn unused (habit 29)', async (t) => {
  const failures: string[] = [];
  const teardowns: (() => void)[] = [];
  const test = { teardown: (run: () => void) => void teardowns.push(run), fail: (message: string) => failures.push(message) };
  const model = createScriptedModel(test, [{ say: ['a'] }, { say: ['b'] }]);
  await collect(model, request);
  t.throws(() => teardowns[0]?.(), /called 1 times, 2 turns/);
  await collect(model, request);
  t.doesNotThrow(() => teardowns[0]?.());
  await t.rejects(collect(model, request), /unexpected call/);
  t.equal(failures.length, 1);
});
