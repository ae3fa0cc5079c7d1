/**
 * Numbers of people (GRD-07): phones, social security, credit cards. Every place where a number may begin is looked at by itself, with at most
 * 50 characters behind it.
 */
import type { Span } from '../../../base/linear-expression/search-expression.js';
import { type Detector, joinSpans } from '../detector.js';

/** The end of what begins at `start`; `undefined`: nothing does. */
type ReadNumber = (text: string, start: number) => number | undefined;

export const findPhones = createNumberDetector(readPhone);
export const findSocialSecurityNumbers = createNumberDetector(readSocialSecurityNumber);
export const findCreditCards = createNumberDetector(readCreditCard);

function createNumberDetector(read: ReadNumber): Detector {
  return (text, { from = 0, isOpen = false } = {}) => {
    const spans: Span[] = [];
    BEGINNING.lastIndex = from;
    for (let found = BEGINNING.exec(text); found !== null; found = BEGINNING.exec(text)) {
      const end = read(text, found.index);
      if (end !== undefined) spans.push({ start: found.index, end });
      BEGINNING.lastIndex = found.index + 1;
    }
    return { spans: joinSpans(spans), openFrom: isOpen ? openFrom(text, from) : text.length };
  };
}

/** From the first sign of the numbers at the end, as far back as one may begin that is not over. */
function openFrom(text: string, from: number): number {
  let start = text.length;
  const least = Math.max(from, text.length - MAX_OPEN);
  while (start > least && NUMBER_SIGN.test(text[start - 1] as string)) start -= 1;
  while (start < text.length && !/[+(\d]/.test(text[start] as string)) start += 1;
  return start;
}

/** With a plus or 00 and a country, as in North America, or with the 0 of other countries. */
function readPhone(text: string, start: number): number | undefined {
  return readInternational(text, start) ?? readAs(AMERICAN, text, start) ?? readNational(text, start);
}

function readInternational(text: string, start: number): number | undefined {
  INTERNATIONAL.lastIndex = start;
  const found = INTERNATIONAL.exec(text)?.[0];
  if (found === undefined) return undefined;
  // As many groups as fit into a number.
  let digits = 0;
  let end = found.length;
  for (const group of found.matchAll(/\d+/g)) {
    if (digits + group[0].length > MAX_PHONE_DIGITS) {
      end = found.slice(0, group.index).replace(/\D+$/, '').length;
      break;
    }
    digits += group[0].length;
  }
  return digits >= 8 && end > 0 ? start + end : undefined;
}

function readNational(text: string, start: number): number | undefined {
  const end = readAs(NATIONAL, text, start);
  if (end === undefined) return undefined;
  const digits = text.slice(start, end).replaceAll(/\D/g, '').length;
  return digits >= 9 && digits <= 13 ? end : undefined;
}

function readSocialSecurityNumber(text: string, start: number): number | undefined {
  return readAs(SOCIAL_SECURITY, text, start);
}

/** Groups of digits that fit a card, with one and the same sign between them. */
function readCreditCard(text: string, start: number): number | undefined {
  CARD.lastIndex = start;
  const run = CARD.exec(text)?.[0];
  if (run === undefined) return undefined;
  const separator = /\D/.exec(run)?.[0] ?? ' ';
  const groups = run.split(separator);
  let longest: number | undefined;
  let digits = '';
  let end = start;
  for (const [index, group] of groups.entries()) {
    digits += group;
    end += group.length + (index === 0 ? 0 : 1);
    if (digits.length > 19) break;
    if (digits.length >= 13 && isEnd(text, end) && isCard(digits)) longest = end;
    // A short group is the last one.
    if (group.length < 4) break;
  }
  return longest;
}

function isCard(digits: string): boolean {
  return ISSUERS.test(digits) && isLuhn(digits);
}

/** The check digit that all cards have. */
function isLuhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index]);
    const doubled = index % 2 === 0 ? digit : digit * 2;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

function readAs(expression: RegExp, text: string, start: number): number | undefined {
  expression.lastIndex = start;
  const found = expression.exec(text)?.[0];
  return found === undefined || !isEnd(text, start + found.length) ? undefined : start + found.length;
}

function isEnd(text: string, end: number): boolean {
  return !/^[\p{L}\p{N}_]/u.test(text.slice(end, end + 2));
}

/** Between the groups of a number: also spaces and hyphens that keep a line together, as models write them, and what nobody sees. */
const SIGNS = '-. \u00a0\u00ad\u2007-\u200b\u2010-\u2015\u202f\u2060\u2212\ufeff';
/** Not in the middle of a word, of a number or of an id. */
/** A point that ends a word or sentence stands before one; that of a decimal number does not. */
const BEGINNING = /(?<![\p{L}\p{N}_]|\p{N}\.)(?:\+|\(|\d)/gu;
const INTERNATIONAL = new RegExp(`(?:\\+|00)[1-9]\\d{0,14}(?:[${SIGNS}()/]{1,2}\\d{1,14}){0,8}`, 'y');
const AMERICAN = new RegExp(
  `(?:\\+?1[${SIGNS}]?)?(?:\\(\\d{3}\\)[${SIGNS}]?\\d{3}[${SIGNS}]?\\d{4}|\\d{3}[${SIGNS}]\\d{3}[${SIGNS}]\\d{4}|[2-9]\\d{9})`,
  'y',
);
const NATIONAL = new RegExp(`\\(?0\\d{2,5}\\)?[${SIGNS}/]{1,2}\\d{3,8}(?:[${SIGNS}/]\\d{2,6}){0,2}`, 'y');
const SOCIAL_SECURITY = new RegExp(`(?!000|666|9)\\d{3}([${SIGNS}])(?!00)\\d{2}\\1(?!0000)\\d{4}(?![-\u2010-\u2015]\\d)`, 'y');
const CARD = new RegExp(`\\d{4,19}(?:([${SIGNS}])\\d{1,15}(?:\\1\\d{1,15}){0,4})?`, 'y');
/** Visa, Mastercard, American Express, Diners, Discover, JCB, UnionPay, Maestro. */
const ISSUERS =
  /^(?:4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|3(?:0[0-59]|[689]\d)\d{11,16}|35\d{14,17}|6\d{12,18}|5[06-8]\d{11,17})$/;
const NUMBER_SIGN = new RegExp(`[${SIGNS}\\d+()/]`);
const MAX_PHONE_DIGITS = 15;
/** Longer than any number with the two characters behind it that decide about its end. */
const MAX_OPEN = 80;
