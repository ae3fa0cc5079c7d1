import t, { type Test } from 'tap';
import type { AppError } from '../../../src/base/errors.js';
import { loadSettings } from '../../../src/config/load-settings.js';
import { printSettings } from '../../../src/config/print-settings.js';

const load = (t: Test, text: string) =>
  loadSettings({ file: 'hector.yaml', text, workingDirectory: t.testdir(), loadedEnvironment: { KEY: 'a key of some length' } });

function problemsOf(t: Test, text: string): readonly (readonly [string, string])[] {
  try {
    load(t, text);
  } catch (error) {
    return ((error as AppError).problems ?? []).map(({ field, description }) => [field, description] as const);
  }
  return [];
}

t.test('a check is on when its block is there, with its defaults (CFG-88, GRD-02…GRD-09)', async (t) => {
  const settings = load(
    t,
    `
guardrails:
  strict:
    input: {length: {}, injection: {}, sanitizer: {}, pattern: {}}
    output: {pii: {}, content: {}}
    tool: {authorization: {}}
  none: {enabled: false, input: {chain_mode: collect_all}}
agents:
  a: {guardrails: strict}
  b: {}
`,
  );
  const block = { enabled: true, action: 'block' };
  t.same(settings.guardrails['strict'], {
    enabled: true,
    input: {
      chainMode: 'fail_fast',
      length: { ...block, severity: 'medium', minLength: 1, maxLength: 100_000 },
      injection: { ...block, severity: 'high', caseSensitive: false, patterns: [] },
      sanitizer: { enabled: true, trimWhitespace: true, normalizeUnicode: true, stripHtml: false, maxLength: 0 },
      pattern: { ...block, severity: 'medium', caseSensitive: false, allow: [], block: [] },
    },
    output: {
      chainMode: 'fail_fast',
      pii: {
        ...{ enabled: true, action: 'modify', severity: 'high', redactMode: 'mask', hashKey: '' },
        ...{ detectEmail: true, detectPhone: true, detectSsn: true, detectCreditCard: true },
      },
      content: { ...block, severity: 'high', blockedKeywords: [], blockedPatterns: [] },
    },
    tool: { chainMode: 'fail_fast', authorization: { ...block, severity: 'high', allowedTools: [], blockedTools: [] } },
  });
  t.match(settings.guardrails['none'], { enabled: false, input: { chainMode: 'collect_all', length: undefined } });
  t.equal(settings.agents['a']?.guardrails, 'strict');
  t.equal(settings.agents['b']?.guardrails, undefined, 'no reference is no check (GRD-01)');
});

t.test('what cannot be done is refused at its place, all at once (CFG-88, CFG-90, CFG-92)', async (t) => {
  const problems = problemsOf(
    t,
    `
guardrails:
  strict:
    input:
      injection: {patterns: ['fine', '(?=x)y']}
      length: {min_length: 9, max_length: 5}
      pattern: {allow: ['a'], block: ['(a)\\1'], action: modify}
    output:
      pii: {redact_mode: hash, hash_key: short}
      content: {blocked_patterns: ['[a']}
agents:
  a: {guardrails: strickt}
  flow: {type: sequential, sub_agents: [a], guardrails: strict}
`,
  );
  t.same(problems.map(([field]) => field).sort(), [
    'agents.a.guardrails',
    'agents.flow.guardrails',
    'guardrails.strict.input.injection.patterns[1]',
    'guardrails.strict.input.length.min_length',
    'guardrails.strict.input.pattern.action',
    'guardrails.strict.input.pattern.block[0]',
    'guardrails.strict.output.content.blocked_patterns[0]',
    'guardrails.strict.output.pii.hash_key',
  ]);
  const text = new Map(problems);
  t.match(text.get('agents.a.guardrails'), /did you mean 'strict'\?$/);
  t.match(text.get('agents.flow.guardrails'), /name it at their members instead: a$/);
  t.match(text.get('guardrails.strict.input.injection.patterns[1]'), /looks ahead or behind/);
  t.notMatch(JSON.stringify(problems), /'short'/, 'no secret is told');
  t.match(problemsOf(t, 'guardrails: {g: {input: {lenght: {}}}}'), [['guardrails.g.input.lenght', /did you mean 'length'/]]);
  t.match(problemsOf(t, 'guardrails: {g: {tool: {authorization: {action: modify}}}}'), [
    ['guardrails.g.tool.authorization.action', /wanted one of/],
  ]);
  t.match(problemsOf(t, 'agents: {a: {guardrails: g}}'), [['agents.a.guardrails', /'guardrails' has no entry/]]);
});

t.test('they are printed as they are written, without the key (CFG-88)', async (t) => {
  const settings = load(t, 'guardrails: {g: {output: {pii: {redact_mode: hash, hash_key: "${KEY}"}}}}\nagents: {a: {guardrails: g}}');
  t.equal(settings.guardrails['g']?.output.pii?.hashKey, 'a key of some length');
  const printed = printSettings(settings, { KEY: 'a key of some length' });
  t.match(printed, /redact_mode: hash/);
  t.notMatch(printed, /a key of some length/);
});
