/** Whether tests run in their long form (`npm run test:chaos`) or in the short one, which is part of `npm test`. */
export const isLongForm = process.env['HECTOR_LONG'] === '1';

/** The short form repeats what it did the last time; the long one looks for what nobody has seen. `HECTOR_SEED` repeats that. */
export function chooseSeed(shortForm: number): number {
  const given = process.env['HECTOR_SEED'];
  if (given !== undefined) return Number(given);
  return isLongForm ? Date.now() % 1_000_000 : shortForm;
}

/** What the long form's report shows; a line of its own that the runner of the long forms finds. */
export function reportFigure(t: { comment(text: string): void }, name: string, value: string): void {
  t.comment(`figure: ${name}: ${value}`);
}
