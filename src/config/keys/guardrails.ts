/** `guardrails.<name>` (CFG-88, GRD-01…GRD-10): what agents that name it check. A check whose block is left out is off. */
import type { GuardrailSettings } from '../guardrail-settings.js';
import { choice, flag, integer, list, named, optional, type Static, section, text } from '../schema-builder.js';

const ENABLED = flag('A check whose block is there is on.', { default: true });
const CHAIN_MODE = choice(
  ['fail_fast', 'collect_all'],
  'With fail_fast the first check that blocks is the last that is asked; with collect_all everything that was found is reported.',
  { default: 'fail_fast' },
);
const SEVERITIES = ['low', 'medium', 'high', 'critical'] as const;
const severity = (own: (typeof SEVERITIES)[number]) =>
  choice(SEVERITIES, 'How much it matters; the log is told accordingly.', { default: own });
const ACTIONS = ['allow', 'block', 'modify', 'warn'] as const;
const action = (own: (typeof ACTIONS)[number], modify: string) =>
  choice(ACTIONS, `What follows: it passes; it is refused; ${modify}; it passes with a warning. All of it is logged and counted.`, {
    default: own,
  });
const expression = (what: string) =>
  text(`${what}, a regular expression without look-around and back references; (?i) at its beginning ignores case.`, { minLength: 1 });

const LengthSchema = section(
  {
    enabled: ENABLED,
    min_length: integer('Characters of the texts of a message at least; messages without a text are not counted.', {
      default: 1,
      minimum: 0,
      maximum: 10_000_000,
    }),
    max_length: integer('And at most.', { default: 100_000, minimum: 1, maximum: 10_000_000 }),
    action: action('block', 'what is too long is cut'),
    severity: severity('medium'),
  },
  'How long a message may be (GRD-03).',
);

const InjectionSchema = section(
  {
    enabled: ENABLED,
    case_sensitive: flag('Case counts in patterns; never in what is built in.', { default: false }),
    patterns: list(expression('What else is taken for an injection'), 'Beside what is built in.', { default: [] }),
    action: action('block', 'what was found is taken out'),
    severity: severity('high'),
  },
  'Words that are to turn a model against its instructions (GRD-04).',
);

const SanitizerSchema = section(
  {
    enabled: ENABLED,
    trim_whitespace: flag('White space at both ends of a text goes.', { default: true }),
    normalize_unicode: flag('Texts are put into Unicode form NFC.', { default: true }),
    strip_html: flag('Tags, comments, scripts and styles go.', { default: false }),
    max_length: integer('What is longer is cut; 0 is any length.', { default: 0, minimum: 0, maximum: 10_000_000 }),
  },
  'What is done to the texts of a message before anything else looks at them (GRD-05).',
);

const PatternSchema = section(
  {
    enabled: ENABLED,
    case_sensitive: flag('Case counts.', { default: false }),
    allow: list(expression('What a message may be'), 'A message must fit one of them; ^ and $ hold it to the whole. Empty: any may come.', {
      default: [],
    }),
    block: list(expression('What a message must not hold'), 'A message must fit none of them.', { default: [] }),
    action: action('block', 'what block finds is taken out'),
    severity: severity('medium'),
  },
  'Expressions that messages must fit, or must not (GRD-06).',
);

const PiiSchema = section(
  {
    enabled: ENABLED,
    detect_email: flag('E-mail addresses.', { default: true }),
    detect_phone: flag('Phone numbers.', { default: true }),
    detect_ssn: flag('Social security numbers of the United States.', { default: true }),
    detect_credit_card: flag('Numbers of credit cards, by their check digit.', { default: true }),
    redact_mode: choice(['mask', 'remove', 'hash'], 'A word in its place; nothing; or a keyed hash, the same for the same.', {
      default: 'mask',
    }),
    hash_key: text('With hash: the secret that hashes are made with; 16 characters or more.', { default: '', writeOnly: true }),
    action: action('modify', 'it is redacted'),
    severity: severity('high'),
  },
  'Data of people in what an agent says (GRD-07).',
);

const ContentSchema = section(
  {
    enabled: ENABLED,
    blocked_keywords: list(text('Words, in any case and also inside of others.', { minLength: 1 }), 'What must not be said.', {
      default: [],
    }),
    blocked_patterns: list(expression('What must not be said'), 'The same as expressions; case is ignored.', { default: [] }),
    action: action('block', 'it is taken out'),
    severity: severity('high'),
  },
  'Words that an agent must not say (GRD-08).',
);

const AuthorizationSchema = section(
  {
    enabled: ENABLED,
    allowed_tools: list(
      text('Name of a tool; * stands for anything, ? for one character.', { minLength: 1 }),
      'The only tools that may be called. Empty: all.',
      {
        default: [],
      },
    ),
    blocked_tools: list(
      text('Name of a tool, likewise.', { minLength: 1 }),
      'Tools that must not be called, also where they are allowed.',
      { default: [] },
    ),
    action: choice(
      ['allow', 'block', 'warn'],
      'What follows: the call is made; it is refused, and the model told so; it is made with a warning.',
      {
        default: 'block',
      },
    ),
    severity: severity('high'),
  },
  'Which tools a model may call (GRD-09).',
);

const GuardrailSchema = section(
  {
    enabled: flag('Without it nothing of it is checked.', { default: true }),
    input: section(
      {
        chain_mode: CHAIN_MODE,
        length: optional(LengthSchema),
        injection: optional(InjectionSchema),
        sanitizer: optional(SanitizerSchema),
        pattern: optional(PatternSchema),
      },
      'Messages of users, before a model reads them.',
    ),
    output: section(
      { chain_mode: CHAIN_MODE, pii: optional(PiiSchema), content: optional(ContentSchema) },
      'What the agent says, before anybody reads it, also while it is being said.',
    ),
    tool: section({ chain_mode: CHAIN_MODE, authorization: optional(AuthorizationSchema) }, 'Calls of tools, before they are made.'),
  },
  'One set of checks.',
);

export const GuardrailsSchema = named(
  GuardrailSchema,
  'Checks of what agents read, say and call, by name; agents.<name>.guardrails names one.',
);

export function resolveGuardrail({ enabled, input, output, tool }: Static<typeof GuardrailSchema>): GuardrailSettings {
  const { length, injection, sanitizer, pattern } = input;
  const { pii, content } = output;
  const { authorization } = tool;
  return {
    enabled,
    input: {
      chainMode: input.chain_mode,
      length: length && { ...common(length), minLength: length.min_length, maxLength: length.max_length },
      injection: injection && { ...common(injection), caseSensitive: injection.case_sensitive, patterns: injection.patterns },
      sanitizer: sanitizer && {
        enabled: sanitizer.enabled,
        trimWhitespace: sanitizer.trim_whitespace,
        normalizeUnicode: sanitizer.normalize_unicode,
        stripHtml: sanitizer.strip_html,
        maxLength: sanitizer.max_length,
      },
      pattern: pattern && { ...common(pattern), caseSensitive: pattern.case_sensitive, allow: pattern.allow, block: pattern.block },
    },
    output: {
      chainMode: output.chain_mode,
      pii: pii && {
        ...common(pii),
        detectEmail: pii.detect_email,
        detectPhone: pii.detect_phone,
        detectSsn: pii.detect_ssn,
        detectCreditCard: pii.detect_credit_card,
        redactMode: pii.redact_mode,
        hashKey: pii.hash_key,
      },
      content: content && { ...common(content), blockedKeywords: content.blocked_keywords, blockedPatterns: content.blocked_patterns },
    },
    tool: {
      chainMode: tool.chain_mode,
      authorization: authorization && {
        ...common(authorization),
        allowedTools: authorization.allowed_tools,
        blockedTools: authorization.blocked_tools,
      },
    },
  };
}

function common<A, S>({ enabled, action, severity }: { readonly enabled: boolean; readonly action: A; readonly severity: S }) {
  return { enabled, action, severity };
}
