/**
 * Keeps the index of sessions behind the sessions themselves (MEM-03).
 *
 * Owns: how far the walk over all sessions has come in this process. Does not own: how far each session is indexed, which stands beside
 * the index, so that any process goes on where another one stopped; when a round runs (`steps/recall-duty.ts`).
 * - M1 Nothing of it lies on a run's way: what a run wrote is looked at after it was committed (W-97).
 * - M2 An entry is made of one message alone, and of the fingerprint: the index built anew is equal to the one that grew. A message that another one
 *   consumes, as it was refused or only decided something, has none.
 * - M3 Runs that ended are looked for at once. That is a short cut: clocks differ, processes die, runs wait; what it misses the walk finds.
 * - M4 No message is embedded twice by one fingerprint, unless a process dies between embedding and writing (W-96).
 */
import type { Clock } from '../../base/clock.js';
import type { Embedder } from '../../providers/embedders/contract.js';
import { embedderFingerprint } from '../../providers/embedders/fingerprint.js';
import { textOf } from '../../tasks/session-message.js';
import type { PlacedMessage } from '../../tasks/session-store.js';
import type { RecallEntry, RecallStore, SessionBehind } from './recall-store.js';
import { splitWords } from './split-words.js';

export interface RecallIndexerOptions {
  readonly store: RecallStore;
  /** Default: messages are found by their words alone. */
  readonly embedder?: Embedder | undefined;
  readonly clock: Clock;
  /** Told of messages that it has looked at. Default: nobody is. */
  readonly onIndexed?: (messages: number) => void;
}

export class RecallIndexer {
  readonly #options: RecallIndexerOptions;
  readonly #fingerprint: string;
  #endedSince: number;
  #walkAfter: string | undefined;
  #nextWalkAt = 0;

  constructor(options: RecallIndexerOptions) {
    this.#options = options;
    this.#fingerprint = fingerprintOf(options.embedder);
    this.#endedSince = options.clock.now() - FIRST_LOOK_MS;
  }

  /** A part of the work; says how many messages were looked at. */
  async round(signal: AbortSignal): Promise<number> {
    return (await this.#followEnds(signal)) + (await this.#walk(signal));
  }

  /** Until nothing is left to do; says how many messages were looked at. Meanwhile searches find what is there already. */
  async rebuild(signal: AbortSignal): Promise<number> {
    let count = 0;
    await this.#options.store.clear();
    this.#walkAfter = undefined;
    do {
      this.#nextWalkAt = 0;
      count += await this.#walk(signal);
    } while (this.#walkAfter !== undefined && !signal.aborted);
    return count;
  }

  async #followEnds(signal: AbortSignal): Promise<number> {
    let count = 0;
    for (let page = 0; page < PAGES && !signal.aborted; page++) {
      const { sessions, last } = await this.#options.store.ended(this.#fingerprint, this.#endedSince, PAGE);
      for (const session of sessions) count += await this.#index(session, signal);
      if (signal.aborted || last <= this.#endedSince) break;
      this.#endedSince = last;
    }
    // A commit under way may bear an earlier time than one that is done.
    this.#endedSince = Math.min(this.#endedSince, this.#options.clock.now() - OVERLAP_MS);
    return count;
  }

  async #walk(signal: AbortSignal): Promise<number> {
    const { store, clock } = this.#options;
    if (clock.now() < this.#nextWalkAt) return 0;
    let count = 0;
    for (let page = 0; page < PAGES && !signal.aborted; page++) {
      const { sessions, next } = await store.walk(this.#fingerprint, this.#walkAfter, PAGE);
      for (const session of sessions) count += await this.#index(session, signal);
      if (signal.aborted) break;
      this.#walkAfter = next;
      if (next !== undefined) continue;
      this.#nextWalkAt = clock.now() + WALK_PAUSE_MS;
      break;
    }
    return count;
  }

  async #index(session: SessionBehind, signal: AbortSignal): Promise<number> {
    const { store, onIndexed } = this.#options;
    let count = 0;
    for (let after = session.indexedPosition; after < session.lastPosition && !signal.aborted; ) {
      const messages = await store.unread(session, after, MESSAGES);
      const upToPosition =
        messages.length < MESSAGES ? Math.max(session.lastPosition, messages.at(-1)?.position ?? 0) : (messages.at(-1)?.position as number);
      const consumed = await this.#findConsumed(session, messages);
      const entries = await this.#entriesOf(
        messages.filter(({ position }) => !consumed.includes(position)),
        signal,
      );
      await store.write({
        session: { ...session, indexedPosition: after },
        entries,
        consumed,
        upToPosition,
        fingerprint: this.#fingerprint,
      });
      count += messages.length;
      onIndexed?.(messages.length);
      after = upToPosition;
    }
    return count;
  }

  async #findConsumed(session: SessionBehind, messages: readonly PlacedMessage[]): Promise<readonly number[]> {
    const places: number[] = [];
    for (const placed of messages)
      if (placed.message.consumes !== undefined) places.push(...(await this.#options.store.consumedBy(session, placed)));
    return places;
  }

  async #entriesOf(messages: readonly PlacedMessage[], signal: AbortSignal): Promise<readonly RecallEntry[]> {
    const said = messages.flatMap((placed) => {
      const words = placed.message.role === 'tool' ? [] : splitWords(textOf(placed.message));
      return words.length === 0 ? [] : [{ placed, words }];
    });
    const { embedder } = this.#options;
    const vectors =
      embedder === undefined
        ? []
        : await embedder.embed(
            said.map(({ placed }) => textOf(placed.message).slice(0, MAX_EMBEDDED_CHARACTERS)),
            'document',
            signal,
          );
    return said.map(({ placed: { turn, position, taskId, message }, words }, index) => {
      const vector = vectors[index];
      return { turn, position, taskId, createdAt: message.createdAt, words, ...(vector === undefined ? {} : { vector }) };
    });
  }
}

/** What an entry depends on beside its message: another one makes the index anew. */
export function fingerprintOf(embedder: Embedder | undefined): string {
  if (embedder === undefined) return 'words-1';
  const { provider, model, dimension, variant = '' } = embedder;
  const name = dimension === undefined || variant !== '' ? embedderFingerprint(embedder) : `${provider}-${model}-${dimension}`;
  return `words-1.vectors-1.${name.replace(/[^\w.-]/g, '_').slice(0, 40)}`;
}

/** Sessions per page, and pages per round. */
const PAGE = 250;
const PAGES = 4;
const MESSAGES = 100;
/** Between two walks over all sessions. */
const WALK_PAUSE_MS = 30_000;
const FIRST_LOOK_MS = 60_000;
const OVERLAP_MS = 2_000;
const MAX_EMBEDDED_CHARACTERS = 8_000;
