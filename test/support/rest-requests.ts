/** Requests of the HTTP+JSON binding, from well-formed to senseless, the same for the same seed. */
import type { Random } from './random.js';

export interface FuzzRequest {
  readonly method: string;
  /** With the query; no spaces, control characters or bytes beyond ASCII. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

const METHODS = ['GET', 'POST', 'DELETE', 'HEAD', 'PUT', 'PATCH', 'OPTIONS'];
const WORDS = [
  'message:send',
  'message:stream',
  'tasks',
  'extendedAgentCard',
  'pushNotificationConfigs',
  ':cancel',
  ':subscribe',
  '.well-known',
  'v1',
  '..',
  '',
];
export const FUZZ_TEXTS = [
  '',
  'x',
  '0',
  '-1',
  '1e9',
  'true',
  'null',
  '\0',
  '\ud800',
  '\u{1f600}',
  '../..',
  '__proto__',
  'constructor',
  '%',
  '%00',
  '%ff',
  "'; --",
  'é'.repeat(300),
  'x'.repeat(3000),
];
const FIELDS = [
  'message',
  'messageId',
  'taskId',
  'task_id',
  'contextId',
  'role',
  'parts',
  'metadata',
  'configuration',
  'tenant',
  'id',
  '__proto__',
  'toString',
];
const QUERY_NAMES = [
  'historyLength',
  'history_length',
  'tenant',
  'pageSize',
  'pageToken',
  'status',
  'statusTimestampAfter',
  'includeArtifacts',
  'A2A-Version',
  '__proto__',
  '',
];

/** One of the operations, with some of its parts changed. */
export function mutatedRequest(random: Random, taskIds: readonly string[]): FuzzRequest {
  const id = random.chance(0.7) && taskIds.length > 0 ? random.pick(taskIds) : random.pick(FUZZ_TEXTS);
  const segment = encodeSegment(id);
  const [method, path, body] = random.pick<readonly [string, string, unknown]>([
    ['POST', '/message:send', sendRequest(random, id)],
    ['POST', '/message:stream', sendRequest(random, id)],
    ['GET', `/tasks/${segment}`, undefined],
    ['GET', '/tasks', undefined],
    ['POST', `/tasks/${segment}:cancel`, random.chance(0.5) ? undefined : { metadata: {} }],
    ['POST', `/tasks/${segment}:subscribe`, undefined],
    ['GET', `/tasks/${segment}:subscribe`, undefined],
    ['POST', `/tasks/${segment}/pushNotificationConfigs`, { url: 'https://example.com', token: 'x' }],
    ['GET', `/tasks/${segment}/pushNotificationConfigs`, undefined],
    ['GET', `/tasks/${segment}/pushNotificationConfigs/a`, undefined],
    ['DELETE', `/tasks/${segment}/pushNotificationConfigs/a`, undefined],
    ['GET', '/extendedAgentCard', undefined],
  ]);
  const tenant = random.chance(0.15) ? `/${encodeSegment(random.pick([...FUZZ_TEXTS, ...WORDS, 'acme']))}` : '';
  const agent = random.chance(0.95) ? 'helper' : encodeSegment(random.pick(FUZZ_TEXTS));
  const changed = body === undefined || random.chance(0.3) ? body : mutate(random, body, 0);
  return {
    method: random.chance(0.95) ? method : random.pick(METHODS),
    target: `/agents/${agent}${tenant}${path}${query(random)}`,
    headers: fuzzHeaders(random),
    body: changed === undefined ? undefined : encodeBody(random, changed),
  };
}

/** Anything that is still framed as HTTP. */
export function rawRequest(random: Random): FuzzRequest {
  const segments = Array.from({ length: random.below(6) }, () => (random.chance(0.5) ? random.pick(WORDS) : visibleText(random, 20)));
  return {
    method: random.pick(METHODS),
    target: `/agents/helper/${segments.join('/')}${random.chance(0.3) ? `?${visibleText(random, 60)}` : ''}`,
    headers: random.chance(0.5) ? fuzzHeaders(random) : { 'a2a-version': '1.0', 'content-type': 'application/json' },
    body: random.chance(0.5) ? Buffer.from(Array.from({ length: random.below(200) }, () => random.below(256))) : undefined,
  };
}

let messages = 0;

export function sendRequest(random: Random, taskId: string): unknown {
  messages += 1;
  return {
    message: {
      messageId: random.chance(0.9) ? `fuzz-${messages}` : 'again',
      role: 'ROLE_USER',
      parts: [{ text: 'hello' }, { data: { a: [1, null] } }],
      ...(random.chance(0.2) ? { taskId } : {}),
      ...(random.chance(0.2) ? { contextId: 'shared' } : {}),
    },
    configuration: {
      ...{ returnImmediately: random.chance(0.7), historyLength: 3 },
      ...(random.chance(0.05) ? { acceptedOutputModes: ['image/png'] } : {}),
    },
  };
}

/** The value with one or more of its nodes replaced, removed, doubled or nested. */
export function mutate(random: Random, value: unknown, depth: number): unknown {
  if (random.chance(0.12)) return strangeValue(random);
  if (Array.isArray(value)) {
    const items = value.map((item) => mutate(random, item, depth + 1));
    return random.chance(0.1) ? [...items, ...items, strangeValue(random)] : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(() => random.chance(0.95))
    .map(([name, member]) => [random.chance(0.05) ? random.pick(FIELDS) : name, mutate(random, member, depth + 1)] as const);
  if (random.chance(0.15)) entries.push([random.pick(FIELDS), strangeValue(random)]);
  // Not an object literal: `__proto__` must stay a key.
  return Object.fromEntries(entries);
}

export function strangeValue(random: Random): unknown {
  return random.pick<() => unknown>([
    () => null,
    () => random.pick(FUZZ_TEXTS),
    () => random.pick([0, -0, -1, 1.5, 2 ** 31, 2 ** 53, 1e308, -1e-308]),
    () => random.chance(0.5),
    () => [],
    () => ({}),
    () => nested(random.below(300)),
    () => Array.from({ length: random.below(300) }, () => ({ text: 'x' })),
    () => JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{}}}'),
  ])();
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

export function encodeBody(random: Random, value: unknown): Buffer {
  const bytes = Buffer.from(JSON.stringify(value));
  if (random.chance(0.9) || bytes.length === 0) return bytes;
  // Cut off, or with one byte changed.
  if (random.chance(0.5)) return bytes.subarray(0, random.below(bytes.length));
  bytes[random.below(bytes.length)] = random.below(256);
  return bytes;
}

function query(random: Random): string {
  if (random.chance(0.6)) return '';
  const pair = () => `${encodeURIComponent(random.pick(QUERY_NAMES))}=${encodeSegment(random.pick(FUZZ_TEXTS))}`;
  return `?${Array.from({ length: 1 + random.below(4) }, pair).join('&')}`;
}

export function fuzzHeaders(random: Random): Record<string, string> {
  const value = () =>
    random.pick(['', 'x', '1.0', '0.3', '1.0.9', ', ,', 'text/plain', 'x'.repeat(500), '7.1', '-1', '99999999999999999999.1']);
  return {
    'a2a-version': random.chance(0.95) ? '1.0' : value(),
    ...(random.chance(0.9) ? { 'content-type': random.chance(0.95) ? 'application/a2a+json' : value() } : {}),
    ...(random.chance(0.1) ? { 'a2a-extensions': random.chance(0.5) ? 'urn:hector:extension:reliable-stream:v1' : value() } : {}),
    ...(random.chance(0.1) ? { 'last-event-id': random.chance(0.5) ? '1' : value() } : {}),
    ...(random.chance(0.1) ? { accept: value() } : {}),
    ...(random.chance(0.05) ? { traceparent: value() } : {}),
  };
}

/** Percent-encoded where it must be; texts that are no text of their own keep their `%` as it is. */
function encodeSegment(text: string): string {
  return text.startsWith('%') ? text : encodeURIComponent(text.replaceAll('\ud800', '\ufffd')).replaceAll('%3A', ':');
}

export function visibleText(random: Random, maxLength: number): string {
  return Array.from({ length: random.below(maxLength) }, () => String.fromCharCode(33 + random.below(94)))
    .join('')
    .replaceAll('#', '');
}
