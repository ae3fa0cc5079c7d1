/**
 * An iterator that also gives what is there at once: thousands of streams that wait for the same event would otherwise each pay for a
 * chain of promises to get it.
 */
export interface DirectSource<T extends object> extends AsyncIterableIterator<T, void> {
  /**
   * Not while a `next()` is under way.
   * @param onReady called once after `later`, when it is worth asking again; it may be called from within whatever made it so. The last one given counts.
   * @returns what comes next; `later`: nothing is there yet; `ask`: only `next()` can tell, as it takes waiting, or as it is over.
   */
  take(onReady: () => void): T | 'later' | 'ask';
}

export function isDirect<T extends object>(source: AsyncIterable<T>): source is DirectSource<T> {
  return 'take' in source;
}
