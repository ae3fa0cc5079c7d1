/**
 * How many deliveries of this process are under way to each host, so that one whose webhooks hang leaves places to the others.
 *
 * Owns: the counts, one entry per host with a delivery under way. A host is what the URL names, with its port.
 */
export class HostPlaces {
  readonly #perHost: number;
  readonly #taken = new Map<string, number>();

  /** @param concurrency deliveries under way to all hosts together */
  constructor(concurrency: number) {
    this.#perHost = Math.max(1, Math.floor(concurrency * SHARE));
  }

  /** Takes a place; the result gives it back. `undefined`: all of the host's are taken. */
  take(host: string): (() => void) | undefined {
    const taken = this.#taken.get(host) ?? 0;
    if (taken >= this.#perHost) return undefined;
    this.#taken.set(host, taken + 1);
    return () => {
      const left = (this.#taken.get(host) ?? 1) - 1;
      if (left === 0) this.#taken.delete(host);
      else this.#taken.set(host, left);
    };
  }
}

/** Of all places: four hosts that hang must come together to hold up the rest. */
const SHARE = 0.25;
