/** Whether tests run in their long form (`npm run test:chaos`) or in the short one, which is part of `npm test`. */
export const isLongForm = process.env['HECTOR_LONG'] === '1';

/** What the long form's report shows; a line of its own that the runner of the long forms finds. */
export function reportFigure(t: { comment(text: string): void }, name: string, value: string): void {
  t.comment(`figure: ${name}: ${value}`);
}
