/** What a robots.txt says to one crawler (RFC 9309). */

export interface RobotsRules {
  /** @param target path and query */
  allows(target: string): boolean;
  /** Between two requests, as asked for; 0 = nothing is. */
  readonly crawlDelayMs: number;
  readonly sitemaps: readonly string[];
}

export const ALLOW_ALL: RobotsRules = { allows: () => true, crawlDelayMs: 0, sitemaps: [] };

interface Rule {
  readonly allow: boolean;
  readonly pattern: string;
}

interface Group {
  readonly agents: string[];
  readonly rules: Rule[];
  crawlDelayMs: number;
}

/** @param agent the product's name alone, without its version */
export function parseRobots(text: string, agent: string): RobotsRules {
  const sitemaps: string[] = [];
  const groups: Group[] = [];
  let hasRules = true;
  for (const line of text.slice(0, MAX_TEXT).split(/\r\n|\r|\n/)) {
    const [, name = '', rest = ''] = LINE.exec(line) ?? [];
    const value = rest.replace(/(^|\s)#.*$/, '').trim();
    const key = name.toLowerCase();
    if (key === 'sitemap' && sitemaps.length < MAX_SITEMAPS) sitemaps.push(value);
    if (key === 'user-agent') {
      if (hasRules) groups.push({ agents: [], rules: [], crawlDelayMs: 0 });
      hasRules = false;
      groups.at(-1)?.agents.push(value.toLowerCase());
    }
    const group = groups.at(-1);
    if (group === undefined || !RULES.has(key)) continue;
    hasRules = true;
    if (key === 'crawl-delay') group.crawlDelayMs = Math.min(MAX_DELAY_MS, Math.max(0, Number(value) * 1_000 || 0));
    // An empty one forbids nothing.
    else if (value !== '' && group.rules.length < MAX_RULES) group.rules.push({ allow: key === 'allow', pattern: encode(value) });
  }
  const own = groups.filter(({ agents }) => agents.includes(agent.toLowerCase()));
  const chosen = own.length > 0 ? own : groups.filter(({ agents }) => agents.includes('*'));
  const rules = chosen.flatMap((group) => group.rules);
  return {
    sitemaps,
    crawlDelayMs: Math.max(0, ...chosen.map((group) => group.crawlDelayMs)),
    allows(target) {
      const path = encode(target);
      // The longest pattern decides, and of equal ones the one that allows; this file itself is always allowed.
      let best: Rule = { allow: true, pattern: '' };
      for (const rule of rules) {
        const { length } = rule.pattern;
        if (length < best.pattern.length || (length === best.pattern.length && !rule.allow)) continue;
        if (matches(rule.pattern, path)) best = rule;
      }
      return best.allow || path === '/robots.txt';
    },
  };
}

/** `*` is anything, `$` at the end is the end. Each part is looked for once from where the last one ended. */
function matches(pattern: string, path: string): boolean {
  const isWhole = pattern.endsWith('$');
  const parts = (isWhole ? pattern.slice(0, -1) : pattern).split('*');
  const [first = ''] = parts;
  if (!path.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = path.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  if (parts.length === 1) return !isWhole || at === path.length;
  const last = parts.at(-1) as string;
  return isWhole ? path.length - last.length >= at && path.endsWith(last) : path.indexOf(last, at) !== -1;
}

/** One way to write what may be written in two: unreserved characters as they are, all others in capital escapes. */
function encode(text: string): string {
  return text
    .replace(/%([0-9a-f]{2})/gi, (written, hex: string) => {
      const sign = String.fromCharCode(Number.parseInt(hex, 16));
      return /[A-Za-z0-9._~-]/.test(sign) ? sign : written.toUpperCase();
    })
    .replace(/[^\x21-\x7e]/gu, (sign) => (LONE_SURROGATE.test(sign) ? '%EF%BF%BD' : encodeURIComponent(sign)));
}

const LONE_SURROGATE = /[\ud800-\udfff]/u;
const LINE = /^[\s\ufeff]*([A-Za-z-]+)\s*:\s*(.*)$/;
const RULES: ReadonlySet<string> = new Set(['allow', 'disallow', 'crawl-delay']);
const MAX_TEXT = 512 * 1024;
const MAX_RULES = 5_000;
const MAX_SITEMAPS = 100;
/** Longer ones are taken as this one: a scan must end. */
const MAX_DELAY_MS = 60_000;
