/** The candidate that `name` most likely means, or `undefined` when none is near: a slip goes before a shared beginning. */
export function findNearestName(name: string, candidates: readonly string[]): string | undefined {
  const wanted = normalise(name);
  let best: string | undefined;
  let bestRank = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const other = normalise(candidate);
    const distance = editDistance(wanted, other);
    const isSlip = distance <= Math.max(1, Math.floor(Math.max(wanted.length, other.length) / 3));
    const shares = Math.min(wanted.length, other.length) >= 4 && (other.startsWith(wanted) || wanted.startsWith(other));
    if (!isSlip && !shares) continue;
    const rank = isSlip ? distance : distance + LONGEST;
    if (rank < bestRank) {
      best = candidate;
      bestRank = rank;
    }
  }
  return best;
}

const LONGEST = 64;

/** `maxBodyBytes`, `max-body-bytes` and `max_body_bytes` are the same name to a reader. */
function normalise(name: string): string {
  return name
    .replaceAll(/[-_\s.]/g, '')
    .toLowerCase()
    .slice(0, LONGEST);
}

/** Insertions, deletions, replacements and swaps of neighbours. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (last[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let distance = Math.min((last[j] as number) + 1, (row[j - 1] as number) + 1, replace);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        distance = Math.min(distance, (beforeLast[j - 2] as number) + 1);
      row.push(distance);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] as number;
}
