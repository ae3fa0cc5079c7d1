/** What the effect server is told, and what it counted. */
import type { ToolEffect } from '../../../src/tasks/tool-call.js';

export interface EffectCall {
  readonly effect: ToolEffect;
  readonly run: string;
  readonly callId: string;
  readonly key: string;
  readonly answerAfterMs: number;
}

export interface CountedCall {
  readonly effect: ToolEffect;
  readonly run: string;
  /** Requests that arrived. */
  arrived: number;
  /** Changes to the world: one per request, for an idempotent call one per idempotency key. */
  applied: number;
  readonly keys: string[];
}

export type EffectReport = Readonly<Record<string, CountedCall>>;

/** Counts by call id and by key. */
export class EffectCounts {
  readonly #calls = new Map<string, CountedCall>();
  readonly #appliedKeys = new Set<string>();

  count({ effect, run, callId, key }: EffectCall): CountedCall {
    const counted = this.#calls.get(callId) ?? { effect, run, arrived: 0, applied: 0, keys: [] };
    this.#calls.set(callId, counted);
    counted.arrived += 1;
    const isRepeat = effect === 'idempotent' && key !== '' && this.#appliedKeys.has(key);
    if (!isRepeat) counted.applied += 1;
    this.#appliedKeys.add(key);
    if (!counted.keys.includes(key)) counted.keys.push(key);
    return counted;
  }

  find(callId: string): CountedCall | undefined {
    return this.#calls.get(callId);
  }

  report(): EffectReport {
    return Object.fromEntries(this.#calls);
  }
}
