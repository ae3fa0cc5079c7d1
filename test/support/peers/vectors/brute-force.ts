/** Entries that are searched by looking at each of them. */
export interface PeerEntry {
  readonly key: string;
  readonly vector: readonly number[] | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
}

export function nearest(
  entries: Iterable<PeerEntry>,
  vector: readonly number[],
  limit: number,
  matches: (entry: PeerEntry) => boolean,
): readonly { readonly entry: PeerEntry; readonly cosine: number }[] {
  const found: { entry: PeerEntry; cosine: number }[] = [];
  const length = Math.hypot(...vector);
  for (const entry of entries) {
    if (entry.vector === undefined || !matches(entry)) continue;
    let sum = 0;
    for (let at = 0; at < vector.length; at++) sum += (vector[at] as number) * (entry.vector[at] as number);
    found.push({ entry, cosine: sum / (length * Math.hypot(...entry.vector)) });
  }
  return found.sort((a, b) => b.cosine - a.cosine).slice(0, limit);
}
