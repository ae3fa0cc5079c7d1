/** Calls of one answer run side by side (AGT-05): those that change the same file take turns in this process. */
const lastTurns = new Map<string, Promise<unknown>>();

export async function inTurn<T>(file: string, work: () => Promise<T>): Promise<T> {
  const before = lastTurns.get(file) ?? Promise.resolve();
  // The one before has told its own caller of its failure.
  const turn = before.catch(() => undefined).then(work);
  lastTurns.set(file, turn);
  try {
    return await turn;
  } finally {
    if (lastTurns.get(file) === turn) lastTurns.delete(file);
  }
}
