import { isJsonObject } from '../base/json.js';
import type { Environment } from './environment.js';
import type { Path } from './path.js';
import type { Finding } from './problem.js';

export interface Interpolated {
  readonly value: unknown;
  readonly findings: readonly Finding[];
}

/**
 * Replaces variables in string values at any depth, after parsing, so that a value cannot break the syntax (CFG-03, CFG-04):
 *
 * - `${NAME}`: required; a variable that is not set is a problem that names the key and the variable;
 * - `${NAME:-text}`, `${NAME:text}`: `text` when the variable is not set or empty; `text` may hold further variables, at most 16 one within
 *   the other, so that the time is that of the text's length;
 * - `$NAME`: the same as `${NAME}`, only where it is the whole value;
 * - `$${` stands for a literal `${`, and `$$NAME` as a whole value for a literal `$NAME`.
 *
 * What comes out of a variable is never interpolated again.
 */
export function interpolate(value: unknown, environment: Environment): Interpolated {
  const findings: Finding[] = [];

  const walk = (current: unknown, path: Path): unknown => {
    if (typeof current === 'string') return replace(current, path, 0);
    if (Array.isArray(current)) return current.map((item, index) => walk(item, [...path, index]));
    if (!isJsonObject(current)) return current;
    return Object.fromEntries(Object.entries(current).map(([key, inner]) => [key, walk(inner, [...path, key])]));
  };

  const lookUp = (name: string, fallback: string | undefined, path: Path, depth: number): string => {
    const found = Object.hasOwn(environment, name) ? environment[name] : undefined;
    if (found !== undefined && (found !== '' || fallback === undefined)) return found;
    if (fallback !== undefined && depth < MAX_DEPTH) return replace(fallback, path, depth + 1);
    if (fallback !== undefined) {
      findings.push({ path, description: `defaults stand one within the other more than ${MAX_DEPTH} times; wanted fewer` });
      return '';
    }
    findings.push({ path, description: `the variable ${name} is not set; set it, or write a default: \${${name}:-text}` });
    return '';
  };

  const replace = (text: string, path: Path, depth: number): string => {
    const whole = /^(\$?)\$([A-Za-z_]\w*)$/.exec(text);
    if (whole !== null) return whole[1] === '$' ? text.slice(1) : lookUp(whole[2] as string, undefined, path, depth);
    let result = '';
    let position = 0;
    while (position < text.length) {
      const start = text.indexOf('${', position);
      if (start === -1) break;
      if (text[start - 1] === '$' && start > position) {
        result += `${text.slice(position, start - 1)}\${`;
        position = start + 2;
        continue;
      }
      const end = findEnd(text, start + 2);
      const match = end === -1 ? null : /^([A-Za-z_]\w*)(?::-?([\s\S]*))?$/.exec(text.slice(start + 2, end));
      if (match === null) {
        const seen = end === -1 ? text.slice(start, start + 20) : text.slice(start, Math.min(end + 1, start + 40));
        findings.push({ path, description: `'${seen}' is not of the form \${NAME} or \${NAME:-text}; write $\${ for a literal \${` });
        return '';
      }
      result += text.slice(position, start) + lookUp(match[1] as string, match[2], path, depth);
      position = end + 1;
    }
    return result + text.slice(position);
  };

  return { value: walk(value, []), findings };
}

/** Position of the `}` that closes what was opened before `from`, or -1. */
function findEnd(text: string, from: number): number {
  let depth = 1;
  for (let index = from; index < text.length; index++) {
    if (text[index] === '{' && text[index - 1] === '$') depth += 1;
    else if (text[index] === '}') depth -= 1;
    if (depth === 0) return index;
  }
  return -1;
}

/** Each level is looked through once more. */
const MAX_DEPTH = 16;
