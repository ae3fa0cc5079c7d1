/** Why the stores would only let new work wait, in words for whoever watches readiness; `undefined` = they would not. */

export function describeRefusal(reason: string | undefined): string | undefined {
  return reason === undefined ? undefined : `Redis refuses writes: ${reason}`;
}

/** A database may answer every question while nobody can write, as one whose lock somebody else holds. @throws while it is away. */
export async function findDatabaseReason(store: {
  find(taskId: string, owner: string | undefined): Promise<unknown>;
  writeStallMs(): number;
}): Promise<string | undefined> {
  const stallMs = store.writeStallMs();
  if (stallMs > SLOW_WRITE_MS) return `writes to the database wait for ${Math.round(stallMs / 1_000)} s: it is locked or too slow`;
  await store.find('readiness', undefined);
  return undefined;
}

const SLOW_WRITE_MS = 2_000;
