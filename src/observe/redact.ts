/**
 * Secrets leave nothing: what a log line, a span or an audit record shows passes through here (SEC-17).
 *
 * Three nets: the secrets of the configuration, wherever they stand; members by their name, whatever they hold; texts by what secrets look like.
 * Every pattern is linear in the text.
 *
 * Owns: the secrets that this process knows, at most `MAX_KNOWN`; beyond that, those are forgotten that were told longest ago. They are the
 * process's, not a composition's: the log is, too.
 */
export const REDACTED = '[redacted]';

const SECRET_NAME =
  /^(?:proxy[-_]?)?authorization$|cookie|api[-_]?key|access[-_]?key|private[-_]?key|encryption[-_]?key|secret|passw(?:or)?d|passphrase|credential|^pwd$|(?:^|[-_]|access|refresh|auth|bearer|id)token$|[-_]token[-_]|^dsn$/i;

/** Of a header, a member, a variable. */
export function isSecretName(name: string): boolean {
  return name.length <= MAX_NAME_LENGTH && SECRET_NAME.test(name);
}

const known = new Set<string>();
/** One may begin another, as an old key begins the new one: nothing of that may be left. */
let longestFirst: readonly string[] = [];

/** From now on these are shown nowhere. Short ones are left out: they would blank out ordinary words. */
export function rememberSecrets(secrets: readonly string[]): void {
  for (const secret of secrets) {
    if (secret.length < MIN_KNOWN_LENGTH) continue;
    remember(secret);
    // As it stands within JSON.
    remember(JSON.stringify(secret).slice(1, -1));
  }
  longestFirst = [...known].sort((one, other) => other.length - one.length);
}

function remember(text: string): void {
  known.delete(text);
  known.add(text);
  for (const oldest of known) {
    if (known.size <= MAX_KNOWN) break;
    known.delete(oldest);
  }
}

export function redactText(text: string): string {
  let redacted = hideKnown(text);
  if (!MAY_HOLD_SECRET.test(redacted)) return redacted;
  for (const [pattern, replacement] of PATTERNS) redacted = redacted.replace(pattern, replacement);
  return redacted;
}

/** A copy of JSON data without its secrets; deep and wide enough for what is logged, and bounded. */
export function redactValue(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '[…]';
  if (Array.isArray(value)) return value.map((item) => redactValue(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      isSecretName(name) && member !== '' && member !== null && member !== undefined && typeof member !== 'boolean'
        ? REDACTED
        : redactValue(member, depth + 1),
    ]),
  );
}

/** One line of JSON, as JSON. */
export function redactJsonLine(line: string): string {
  const hidden = hideKnown(line);
  if (!MAY_HOLD_SECRET.test(hidden)) return hidden;
  return `${JSON.stringify(redactValue(JSON.parse(hidden)))}\n`;
}

function hideKnown(text: string): string {
  let hidden = text;
  for (const secret of longestFirst) if (hidden.includes(secret)) hidden = hidden.replaceAll(secret, REDACTED);
  return hidden;
}

/** Cheap, and true for all that the nets above may catch. */
const MAY_HOLD_SECRET =
  /auth|cookie|key|secret|passw|passphrase|pwd|credential|token|dsn|bearer|basic|signature|sk-|eyJ|AIza|gh[pousr]_|xox[abprs]-|AKIA|tvly-|pcsk_|\/\/[^\s/@]{0,256}@/i;

const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g, REDACTED],
  // A scheme and what follows it, unless that is a word.
  [/\b([Bb]earer|BEARER|[Bb]asic|BASIC)\s{1,4}(?=[A-Za-z]{0,200}(?:[\d+/_.=~-]|[a-z][A-Z]))[A-Za-z0-9+/_.=~-]{6,}/g, `$1 ${REDACTED}`],
  [/\beyJ[\w-]{8,400}\.[\w-]{4,}(?:\.[\w-]*)?/g, REDACTED],
  [/\b(?:sk|rk|pk)-[A-Za-z0-9_-]{12,}/g, REDACTED],
  [/\bAIza[\w-]{30,}|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}|\bxox[abprs]-[\w-]{10,}|\bAKIA[0-9A-Z]{16}\b/g, REDACTED],
  [/\btvly-[\w-]{8,}|\bpcsk_\w{8,}/g, REDACTED],
  [/(:\/\/[^\s:@/?#"']{0,200}):[^\s@/?#"']{1,400}@/g, `$1:${REDACTED}@`],
  [
    /\b([\w.-]{0,40}?(?:api[-_]?key|access[-_]?key|secret|token|passw(?:or)?d|pwd|signature|credential))=([^&\s"'\\;,)]+)/gi,
    `$1=${REDACTED}`,
  ],
];

const MAX_NAME_LENGTH = 100;
const MAX_DEPTH = 8;
const MIN_KNOWN_LENGTH = 8;
const MAX_KNOWN = 2_000;
