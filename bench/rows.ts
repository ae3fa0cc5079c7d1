import type { LoadOptions } from './load/load-options.js';
import type { LoadFigures } from './statistics.js';

/** One line of the results: the same load on several targets in the same run. */
export interface Row {
  readonly name: string;
  /** What is measured, in one sentence. */
  readonly question: string;
  readonly load: Pick<LoadOptions, 'kind' | 'connections' | 'text'>;
  /** The figure that is compared, and its unit; `higher` says which way is better. */
  readonly figure: { readonly name: keyof LoadFigures; readonly unit: string; readonly better: 'higher' | 'lower' };
}

export const ROWS: readonly Row[] = [
  {
    name: 'blocking-send',
    question: 'How many blocking SendMessage calls per second are answered over 64 connections?',
    load: { kind: 'send', connections: 64, text: 'Hello' },
    figure: { name: 'perSecond', unit: '/s', better: 'higher' },
  },
  {
    name: 'blocking-send-alone',
    question: 'How long does one blocking SendMessage take when nothing else runs?',
    load: { kind: 'send', connections: 1, text: 'Hello' },
    figure: { name: 'p50Ms', unit: 'ms', better: 'lower' },
  },
  {
    name: 'first-token',
    question: 'How long until the first streamed token, one client?',
    load: { kind: 'first-token', connections: 1, text: 'Hello' },
    figure: { name: 'p50Ms', unit: 'ms', better: 'lower' },
  },
  {
    name: 'first-token-busy',
    question: 'How long until the first streamed token with 32 clients at once?',
    load: { kind: 'first-token', connections: 32, text: 'Hello' },
    figure: { name: 'p50Ms', unit: 'ms', better: 'lower' },
  },
];
