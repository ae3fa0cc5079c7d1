import t from 'tap';
import { createOutputRules } from '../../../../src/agents/guardrails/create-checks.js';
import { redactTexts } from '../../../../src/agents/guardrails/redact-text.js';
import { TextWindow } from '../../../../src/agents/guardrails/text-window.js';
import type { GuardrailSettings } from '../../../../src/config/guardrail-settings.js';
import { guardrailSettings } from '../../../support/guardrail-settings.js';
import { chooseSeed, isLongForm } from '../../../support/long-form.js';
import { createRandom, type Random } from '../../../support/random.js';

const rulesOf = (output: Record<string, unknown>) => createOutputRules(guardrailSettings({ output }).output);
const redact = (text: string, pii: Record<string, unknown> = {}) => redactTexts([text], rulesOf({ pii })).texts[0];

t.test('data of people are masked, and what only looks like them is not (GRD-07)', async (t) => {
  for (const [text, expected] of [
    ['Write to bob.smith+x@example.co.uk.', 'Write to [EMAIL REDACTED].'],
    ['müller@bücher.de, a@b', '[EMAIL REDACTED], a@b'],
    ['Call 555-123-4567 or (555) 123-4567!', 'Call [PHONE REDACTED] or [PHONE REDACTED]!'],
    ['+49 30 1234567; +15551234567; 5551234567', '[PHONE REDACTED]; [PHONE REDACTED]; [PHONE REDACTED]'],
    ['SSN 123-45-6789, not 000-12-3456 nor 123-45-67890', 'SSN [SSN REDACTED], not 000-12-3456 nor 123-45-67890'],
    ['4111 1111 1111 1111 123', '[CC REDACTED] 123'],
    ['card=378282246310005', 'card=[CC REDACTED]'],
    ['5500-0055-5555-5559', '[CC REDACTED]'],
    ['4111 1111 1111 1112', '4111 1111 1111 1112'],
    ['id 550e8400-e29b-41d4-a716-446655440000 at 2026-11-23T05:28:19.123Z', undefined],
    ['415\u2011555\u20110134, 415\u00a0555\u00a00134', '[PHONE REDACTED], [PHONE REDACTED]'],
    ['+33\u202f6\u202f12\u202f34\u202f56\u202f78', '[PHONE REDACTED]'],
    ['123\u201145\u20116789', '[SSN REDACTED]'],
    ['4111\u00a01111\u00a01111\u00a01111 4111\u200b1111\u200b1111\u200b1111', '[CC REDACTED] [CC REDACTED]'],
    ['4111.1111.1111.1111', '[CC REDACTED]'],
    ['It is no.4111111111111111', 'It is no.[CC REDACTED]'],
    ['ram@भारत.भारत', '[EMAIL REDACTED]'],
    ['192.168.100.200, 1790000000, 1790000000000, 3.14159265358979', undefined],
  ] as const)
    t.equal(redact(text), expected ?? text, text);
});

t.test('each kind can be left alone, and be removed or hashed with a key (GRD-07)', async (t) => {
  const text = 'Bob@x.com 123-45-6789';
  t.equal(redact(text, { detectEmail: false }), 'Bob@x.com [SSN REDACTED]');
  t.equal(redact(text, { redactMode: 'remove' }), ' ');
  const hashed = redact(text, { redactMode: 'hash', hashKey: 'a key of some length' }) ?? '';
  t.match(hashed, /^\[EMAIL [0-9a-f]{16}\] \[SSN [0-9a-f]{16}\]$/);
  t.equal(redact('bob@X.com 123 45 6789', { redactMode: 'hash', hashKey: 'a key of some length' }), hashed, 'the same for the same');
  t.not(redact(text, { redactMode: 'hash', hashKey: 'another key as long' }), hashed, 'a keyed hash');
});

t.test('actions: what is allowed or warned of stays, what is blocked is told (GRD-10)', async (t) => {
  for (const action of ['allow', 'warn'] as const) {
    const { texts, violations, isBlocked } = redactTexts(['a@b.com'], rulesOf({ pii: { action } }));
    t.same([texts, isBlocked, violations], [['a@b.com'], false, [{ rule: 'output.pii', action, severity: 'high' }]]);
  }
  const rules = rulesOf({ pii: { action: 'block' }, content: { blockedKeywords: ['harbour'], action: 'warn' } });
  t.equal(redactTexts(['a@b.com harbour'], rules, { isFailFast: true }).violations.length, 1, 'the first that blocks is the last');
  t.equal(redactTexts(['a@b.com harbour'], rules).violations.length, 2, 'all of them');
});

t.test('what lies across the border of two texts is found, and stands in the first (GRD-11)', async (t) => {
  const { texts } = redactTexts(['I am bob@exa', 'mple.com, hello', ' you'], rulesOf({ pii: {} }));
  t.same(texts, ['I am [EMAIL REDACTED]', ', hello', ' you']);
});

const PERSONAL = [
  'bob.smith@example.com',
  '4111 1111 1111 1111',
  '378282246310005',
  '123-45-6789',
  '+49 30 1234567',
  '+49\u00a030\u20111234567',
  '(555) 123-4567',
  'top secret',
];
const FILLERS = [' ', ', ', 'see ', 'x', '.', '\n', '12 ', '@', 'a.b', '-', '(', '+', 'top ', 'secre', '😀', '00', 'a', '2024 ', 'é'];

function randomText(random: Random): { text: string; personal: readonly string[] } {
  let text = '';
  const personal: string[] = [];
  for (let piece = random.below(30); piece >= 0; piece--) {
    if (random.chance(0.25)) {
      const one = random.pick(PERSONAL);
      personal.push(one);
      text += ` ${one} `;
    } else text += random.pick(FILLERS);
  }
  return { text, personal };
}

t.test(
  'however a text is cut into tokens, nothing that is looked for is ever shown, and the end is the whole text guarded (GRD-11)',
  async (t) => {
    const random = createRandom(chooseSeed(11));
    const modes = [
      { pii: {}, content: { blockedKeywords: ['top secret'], blockedPatterns: ['se+c.{0,3}r\\b'], action: 'modify' } },
      { pii: {} },
    ] as const;
    for (let round = 0; round < (isLongForm ? 50_000 : 1_500); round++) {
      const { text, personal } = randomText(random);
      const rules = rulesOf(random.pick(modes));
      const whole = redactTexts([text], rules).texts[0] as string;
      const hidden = personal.filter((one) => one !== 'top secret' || rules.length > 4);
      const window = new TextWindow(rules);
      let shown = '';
      const signs = Array.from(text);
      for (let at = 0; at < signs.length; ) {
        const end = at + 1 + random.below(random.chance(0.5) ? 3 : 40);
        shown += window.push(signs.slice(at, end).join(''));
        at = end;
        if (!whole.startsWith(shown)) break;
      }
      const isRight =
        whole.startsWith(shown) && window.shown === shown && !hidden.some((one) => shown.includes(one) || whole.includes(one));
      if (!isRight) t.fail('something was shown that must not be', { text, whole, shown });
    }
    t.pass();
  },
);

t.test('prose is let out word by word, and what never becomes decidable shuts the window (GRD-11)', async (t) => {
  const window = new TextWindow(rulesOf({ pii: {} }));
  const shown = ['The ', 'ferry le', 'aves', ' at ', '12', ':30', ' from B', 'ergen.'].map((token) => window.push(token));
  t.same(shown, ['The ', 'ferry ', '', 'leaves at ', '', '12:', '30 from ', '']);
  const shut = new TextWindow(rulesOf({ content: { blockedPatterns: ['begin.*end'] } }));
  t.equal(shut.push('before begin '), 'before ');
  t.equal(Array.from({ length: 500 }, () => shut.push('0123456789')).join(''), '');
  t.equal(shut.push('\nnothing'), '', 'shut for good: the rest comes with the commit');
  const blocked = new TextWindow(rulesOf({ content: { blockedKeywords: ['harbour'] } }));
  t.equal([...'The harbour. And more.'].map((sign) => blocked.push(sign)).join(''), 'The ');
});

t.test('the time is in proportion to the text, also one made to be slow, in tokens and as a whole (SEC-15)', async (t) => {
  const rules = rulesOf({ pii: {}, content: { blockedPatterns: ['(a+)+$', '(x+x+)+y'] } });
  for (const sign of ['@a.', '1 ', '+1 ', 'a', 'x', '4111-', '(0', 'a@']) {
    const spend = (length: number) => {
      const start = process.cpuUsage().user;
      redactTexts([sign.repeat(length)], rules);
      const window = new TextWindow(rules);
      for (let piece = 0; piece < length / 20; piece++) window.push(sign.repeat(20));
      return process.cpuUsage().user - start;
    };
    spend(2_000);
    const [short, long] = [Math.min(spend(2_000), spend(2_000)), spend(16_000)];
    t.ok(long < Math.max(short, 5_000) * 40, `${sign}: ${short} µs, ${long} µs`);
  }
});

t.test('the settings are those of the configuration', async (t) => {
  const settings: GuardrailSettings = guardrailSettings({});
  t.equal(createOutputRules(settings.output).length, 0, 'what is left out is off');
  t.equal(rulesOf({ pii: { enabled: false } }).length, 0);
});
