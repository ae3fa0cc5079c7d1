/**
 * Where unchanged pages lead to, so that a scan need not read them again.
 *
 * Owns: at most `MAX_LINKS` links of pages, the oldest going first; whoever has forgotten reads the page.
 */
export interface RememberedPage {
  readonly version: string;
  readonly links: readonly string[];
  readonly canonical: string | undefined;
  readonly isDocument: boolean;
}

export class PageMemory {
  readonly #pages = new Map<string, RememberedPage>();
  #links = 0;

  find(address: string): RememberedPage | undefined {
    return this.#pages.get(address);
  }

  keep(address: string, page: RememberedPage): void {
    this.forget(address);
    this.#pages.set(address, page);
    this.#links += costOf(page);
    for (const oldest of this.#pages.keys()) {
      if (this.#links <= MAX_LINKS) return;
      this.forget(oldest);
    }
  }

  forget(address: string): void {
    const page = this.#pages.get(address);
    if (page === undefined) return;
    this.#pages.delete(address);
    this.#links -= costOf(page);
  }
}

function costOf({ links }: RememberedPage): number {
  return links.length + 1;
}

const MAX_LINKS = 100_000;
