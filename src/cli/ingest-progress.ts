import { type Clock, systemClock } from '../base/clock.js';
import type { IngestProgress } from '../runtime/hector.js';
import type { Terminal } from './terminal.js';

const REDRAW_MS = 100;
const LINE_MS = 1_000;
const BAR_WIDTH = 24;

/**
 * Shows how an ingestion goes: one line drawn over and over where somebody watches, else at most one plain line
 * per second. Owns the latest numbers of every store; `finish` leaves a summary that stays.
 */
export class IngestProgressView {
  readonly #terminal: Terminal;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #stores = new Map<string, IngestProgress>();
  #shownAt = Number.NEGATIVE_INFINITY;
  #drawn = false;

  constructor(terminal: Terminal, clock: Clock = systemClock) {
    this.#terminal = terminal;
    this.#clock = clock;
    this.#startedAt = clock.monotonic();
  }

  update(progress: IngestProgress): void {
    this.#stores.set(progress.store, progress);
    const now = this.#clock.monotonic();
    if (now - this.#shownAt < (this.#terminal.canRedraw ? REDRAW_MS : LINE_MS)) return;
    this.#shownAt = now;
    const line = this.#formatLine();
    if (this.#terminal.canRedraw) this.#terminal.writeError(`\r\x1b[2K${line.slice(0, this.#terminal.columns - 1)}`);
    else this.#terminal.writeError(`${line}\n`);
    this.#drawn = true;
  }

  /** Clears the drawn line and gives the summary. */
  finish(result: IngestProgress): string {
    this.clear();
    const seconds = (this.#clock.monotonic() - this.#startedAt) / 1000;
    const removed = result.removed === undefined || result.removed === 0 ? '' : `${result.removed} removed, `;
    return `${result.total} documents: ${result.done} indexed (${result.chunks} chunks), ${result.skipped} unchanged, ${removed}${result.failed} failed, in ${formatSeconds(seconds)}\n`;
  }

  /** Takes the drawn line away; nothing is left on the screen. */
  clear(): void {
    if (this.#terminal.canRedraw && this.#drawn) this.#terminal.writeError('\r\x1b[2K');
    this.#drawn = false;
  }

  #formatLine(): string {
    const sum = { total: 0, done: 0, failed: 0 };
    let isListed = true;
    for (const { total, done, skipped, failed, ...progress } of this.#stores.values()) {
      isListed &&= progress.isListed !== false;
      sum.total += total;
      sum.done += done + skipped + failed;
      sum.failed += failed;
    }
    const seconds = (this.#clock.monotonic() - this.#startedAt) / 1000;
    const rate = seconds > 0 ? sum.done / seconds : 0;
    const share = sum.total === 0 ? 0 : Math.min(1, sum.done / sum.total);
    const left = isListed && rate > 0 && sum.done < sum.total ? `, ${formatSeconds((sum.total - sum.done) / rate)} left` : '';
    const bar = this.#terminal.canRedraw ? `[${'#'.repeat(Math.round(share * BAR_WIDTH)).padEnd(BAR_WIDTH, '.')}] ` : '';
    return `${bar}${sum.done}/${sum.total} documents (${Math.floor(share * 100)} %), ${rate.toFixed(rate < 10 ? 1 : 0)}/s${left}, ${sum.failed} failed`;
  }
}

function formatSeconds(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${Math.round(seconds % 60)} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
