import type { Span } from '../../../base/linear-expression/search-expression.js';
import { type Detector, joinSpans } from '../detector.js';

/** E-mail addresses (GRD-07). Each `@` is looked at by itself: at most 64 characters before it, and what follows as a name of a host. */
export const findEmails: Detector = (text, { from = 0, isOpen = false } = {}) => {
  const spans: Span[] = [];
  for (let at = text.indexOf('@', from); at !== -1; at = text.indexOf('@', at + 1)) {
    const start = localStart(text, at, from);
    if (start === at) continue;
    HOST.lastIndex = at + 1;
    const host = HOST.exec(text)?.[0];
    if (host !== undefined) spans.push({ start, end: at + 1 + host.length });
  }
  return { spans: joinSpans(spans), openFrom: isOpen ? openFrom(text, from) : text.length };
};

/** From the first character of an address whose end has not come yet, or whose `@` may follow. */
function openFrom(text: string, from: number): number {
  const least = Math.max(from, text.length - MAX_ADDRESS);
  const at = text.lastIndexOf('@');
  HOST_SIGNS.lastIndex = at + 1;
  const isHostOpen = at >= least && HOST_SIGNS.test(text) && HOST_SIGNS.lastIndex === text.length;
  const own = localStart(text, text.length, from);
  return isHostOpen ? Math.min(own, localStart(text, at, from)) : own;
}

function localStart(text: string, at: number, from: number): number {
  let start = at;
  const least = Math.max(from, at - MAX_LOCAL);
  while (start > least && LOCAL_SIGN.test(signBefore(text, start))) start -= signBefore(text, start).length;
  return Math.max(start, least);
}

function signBefore(text: string, at: number): string {
  const isPair = at > 1 && /[\udc00-\udfff]/.test(text[at - 1] as string);
  return text.slice(isPair ? at - 2 : at - 1, at);
}

const MAX_LOCAL = 64;
const LOCAL_SIGN = /^[\p{L}\p{N}\p{M}._%+'~-]$/u;
const HOST = /(?:[\p{L}\p{N}\p{M}_-]{1,63}\.){1,8}\p{L}[\p{L}\p{M}]{1,62}/uy;
const HOST_SIGNS = /[\p{L}\p{N}\p{M}_.-]{0,600}/uy;
/** A longer one ends somewhere before. */
const MAX_ADDRESS = MAX_LOCAL + 1 + 600;
