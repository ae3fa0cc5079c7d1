/** SKILL.md (CFG-100, CFG-101, CFG-102, CLI-23). */
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { loadSettings } from '../../../../src/config/load-settings.js';
import { followSkill } from '../../../../src/config/skill/follow-skill.js';
import { findSkill, parseSkill } from '../../../../src/config/skill/read-skill.js';
import { toSkillDocument } from '../../../../src/config/skill/skill-document.js';

const skillText = (matter: string, body = 'Do it.') => `---\n${matter}\n---\n${body}\n`;
const GOOD = 'name: helper\ndescription: Helps';

function folderWith(t: Test, skill: string, config?: string): { folder: string; config: () => string } {
  const folder = t.testdir({ 'SKILL.md': skill, ...(config === undefined ? {} : { '.hector': { 'config.yaml': config } }) });
  return { folder, config: () => readFileSync(join(folder, '.hector', 'config.yaml'), 'utf8') };
}

t.test('name, description, tools and text are read, in every form that there is (CFG-100)', async (t) => {
  t.same(parseSkill(skillText(`${GOOD}\nallowed-tools: Read  Bash(git add:*), Grep\nmetadata: {a: b}`, '# Title\n\n---\nmore')), {
    name: 'helper',
    description: 'Helps',
    allowedTools: ['Read', 'Bash(git add:*)', 'Grep'],
    instruction: '# Title\n\n---\nmore',
  });
  t.same(parseSkill(`\ufeff${skillText(`${GOOD}\nallowed-tools:\n  - Read\n  - Bash`)}`.replaceAll('\n', '\r\n')).allowedTools, [
    'Read',
    'Bash',
  ]);
  t.equal(parseSkill(skillText(GOOD)).allowedTools, undefined);
  t.same(parseSkill(skillText(`${GOOD}\nallowed-tools: ''`)).allowedTools, []);
});

t.test('everything that is wrong is told at once', async (t) => {
  const problemsOf = (text: string) => {
    try {
      parseSkill(text);
      return [];
    } catch (error) {
      const { code, problems = [] } = error as { code: string; problems?: { field: string }[] };
      return [code, ...problems.map(({ field }) => field)];
    }
  };
  t.same(problemsOf(skillText('allowed-tools: [1]', '')), ['SKILL_INVALID', 'name', 'description', 'allowed-tools', 'body']);
  for (const name of ['Helper', '-a', 'a--b', 'a/../b', 'a b', `${'a'.repeat(65)}`])
    t.same(problemsOf(skillText(`name: '${name}'\ndescription: x`)), ['SKILL_INVALID', 'name'], name);
  t.same(problemsOf(skillText(`name: a\ndescription: ${'x'.repeat(1_025)}`)), ['SKILL_INVALID', 'description']);
  for (const text of ['no front matter', '---\nname: a\n', '']) t.same(problemsOf(text), ['SKILL_INVALID'], text);
  for (const matter of ['a: [', '__proto__: {polluted: 1}', 'a: &a [*a]', 'constructor: {prototype: {polluted: 1}}'])
    t.match(problemsOf(skillText(matter)), ['CONFIG_SYNTAX'], matter);
  t.equal(({} as { polluted?: unknown }).polluted, undefined);
});

t.test('a first serve writes a file with the skill as its agent, and later ones follow what changes (CFG-102, CLI-23)', async (t) => {
  const { folder, config } = folderWith(t, skillText(`${GOOD}\nallowed-tools: Read Write Bash(*) Grep Frobnicate`));
  t.same(followSkill(folder), { agent: 'assistant', isWritten: true, unknownTools: ['Frobnicate'] });
  t.equal(statSync(join(folder, '.hector', 'config.yaml')).mode & 0o777, 0o600);
  const settings = loadSettings({ workingDirectory: folder, environment: { HOME: folder } });
  t.match(settings.agents['assistant'], {
    name: 'helper',
    description: 'Helps',
    instruction: 'Do it.',
    tools: ['text_editor', 'bash', 'grep_search'],
  });
  const written = config();
  t.same(followSkill(folder)?.isWritten, false);
  t.equal(config(), written);
  writeFileSync(join(folder, 'SKILL.md'), skillText(`name: helper\ndescription: Helps more\nallowed-tools: Read`));
  t.same(followSkill(folder)?.isWritten, true);
  t.match(loadSettings({ workingDirectory: folder, environment: { HOME: folder } }).agents['assistant'], {
    description: 'Helps more',
    tools: ['text_editor'],
  });
});

t.test('what else stands in the file stays, with its comments (CLI-21)', async (t) => {
  const { folder, config } = folderWith(
    t,
    skillText(GOOD),
    '# mine\ndefaults: {agent: chief}\nllms:\n  default: {provider: offline} # no key\nagents:\n  other: {tools: []}\n  chief:\n    # keep\n    streaming: false\n    description: old\n',
  );
  t.equal(followSkill(folder)?.agent, 'chief');
  for (const part of [/# mine/, /# no key/, /# keep/, /streaming: false/, /description: Helps/]) t.match(config(), part);
  t.notMatch(config(), /old/);
  t.equal(
    loadSettings({ workingDirectory: folder, environment: { HOME: folder } }).agents['chief']?.tools,
    undefined,
    'says nothing of tools',
  );
});

t.test('a skill gets no secret of this process, no file outside, and gives other agents no tools (SEC-17, TOOL-34)', async (t) => {
  const body = 'Say ${OPENAI_API_KEY} and ${X:-y}.';
  const { folder } = folderWith(t, skillText('name: a\ndescription: $SECRET', body));
  followSkill(folder);
  const { agents } = loadSettings({ workingDirectory: folder, environment: { HOME: folder, OPENAI_API_KEY: 'sk-real', SECRET: 'real' } });
  t.match(agents['assistant'], { instruction: body, description: '$SECRET' });

  const outside = t.testdir({ 'secret.md': skillText(GOOD), here: {} });
  symlinkSync(join(outside, 'secret.md'), join(outside, 'here', 'SKILL.md'));
  t.throws(() => findSkill(join(outside, 'here')), { code: 'SKILL_INVALID', message: /leads out of its folder/ });
  const folders = t.testdir({ dir: {}, dangling: {}, large: { 'SKILL.md': skillText(GOOD, 'x'.repeat(300_000)) }, none: {} });
  mkdirSync(join(folders, 'dir', 'SKILL.md'));
  symlinkSync('/nowhere/at/all', join(folders, 'dangling', 'SKILL.md'));
  t.throws(() => findSkill(join(folders, 'dir')), { code: 'SKILL_INVALID', message: /no plain file/ });
  t.throws(() => findSkill(join(folders, 'dangling')), { code: 'SKILL_INVALID', message: /no plain file/ });
  t.throws(() => findSkill(join(folders, 'large')), { code: 'SKILL_INVALID', message: /wanted at most 262144/ });
  t.equal(findSkill(join(folders, 'none')), undefined);

  const others = folderWith(t, skillText(`${GOOD}\nallowed-tools: Bash`), 'agents: {assistant: {}, other: {}}\n');
  t.throws(() => followSkill(others.folder), { code: 'SKILL_INVALID', message: /agents\.other\.tools/ });
});

t.test('the example is one', async (t) => {
  const skill = findSkill('config/skill');
  if (skill === undefined) throw new Error('config/skill/SKILL.md is not there');
  t.match(toSkillDocument(skill, {}).overlay, {
    agents: { assistant: { name: 'release-notes', tools: ['text_editor', 'grep_search', 'bash'] } },
    tools: { bash: { type: 'command' } },
  });
});
