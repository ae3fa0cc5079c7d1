import t from 'tap';
import { renderTemplate, type TemplateScope } from '../../../../src/agents/llm/render-template.js';

const scope: TemplateScope = {
  state: { name: 'Ada', 'user:tier': 'gold', 'app:version': 3, 'temp:step': { at: 1 }, empty: '' },
  findArtifact: async (name) => (name === 'report.md' ? 'All is well.' : undefined),
};
const render = (template: string) => renderTemplate(template, 'agents.a.instruction', scope);

t.test('values of each scope and artifacts stand for their names (AGT-65)', async (t) => {
  t.equal(await render('{name}, {user:tier}, {app:version}, {temp:step}, {artifact.report.md}'), 'Ada, gold, 3, {"at":1}, All is well.');
  t.equal(await render('<{missing?}{user:missing?}{artifact.missing?}{empty}>'), '<>');
});

t.test('what is missing is an error that names all of it and the key (AGT-66)', async (t) => {
  await t.rejects(render('{nobody} and {user:nothing} and {artifact.none} and {name}'), {
    code: 'AGENT_INSTRUCTION_INVALID',
    message: /^agents\.a\.instruction: \{nobody\}, \{user:nothing\}, \{artifact\.none\} .*\{nobody\?\}/,
  });
});

t.test('braces around anything else stay as they are (AGT-66)', async (t) => {
  for (const text of [
    '{"answer": 1, "list": [{"a": {}}]}',
    '{ name }',
    '{}',
    '{1}',
    '{other:name}',
    '{a-b}',
    '{{name}}',
    '{name',
    'function () { return x; }',
    '{artifact.}',
    '{user:}',
  ])
    t.equal(await render(text), text);
  t.equal(await render('{"name": "{name}"}'), '{"name": "Ada"}', 'a placeholder inside of JSON is one');
});

t.test('a value is not looked at for further placeholders', async (t) => {
  t.equal(await renderTemplate('{a}', 'k', { ...scope, state: { a: '{b} $& $1' } }), '{b} $& $1');
});
